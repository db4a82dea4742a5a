"""Turning: changing a room's settings, by whoever saw them as they are now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import structlog
from fastapi import Request

from domain.coupon import Coupon
from domain.room_settings import RoomSettings
from issuance import catalogue
from issuance.catalogue import Offer
from issuance.errors import NoSuchCoupon
from waitroom.errors import LineError, NoSuchRoom
from web.parts import catalogue_of, office_of, parts_of
from web.problems import Problem
from web.settling import settle

log = structlog.get_logger(__name__)

Turn = Callable[[RoomSettings], RoomSettings]


async def turn_room(
    request: Request, code: str, turn: Turn, *, who: str, version: int | None
) -> Offer:
    """Change the settings, write down who did, and put them in force.

    version: of the settings that were seen when this was decided; None where nobody looked. Raises
    NoSuchRoom; a Problem, `changed_meanwhile` where there are later settings by now.
    """
    parts = parts_of(request)

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        if offer.room is None:
            raise NoSuchRoom
        # Under the coupon's lock: of two who saw the same, one is told.
        if version is not None and version != offer.version:
            present = asdict(offer.room) | {"version": offer.version}
            raise Problem("changed_meanwhile", None, {"present": present})
        return offer.coupon, turn(offer.room)

    try:
        changed = await office_of(request).ask(
            catalogue.change,
            parts.engine,
            code,
            alter,
            who=who,
            what="room changed",
            now=parts.now(),
        )
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    except ValueError as error:
        raise Problem("bad_request", str(error)) from error
    catalogue_of(request).forget()
    try:
        await settle(parts.line, changed)
    except LineError:
        # Postgres has it; the admitter tells the line again every second.
        log.warning("the line could not be told of a change", room=code)
    return changed
