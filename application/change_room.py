"""Changing a room's settings, by whoever saw them as they are now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from fastapi import Request

from application.change_offer import change_offer
from domain.coupon import Coupon
from domain.room_settings import RoomSettings
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom
from web.problems import Problem, wrong_values_are_said

Turn = Callable[[RoomSettings], RoomSettings]


async def turn_room(
    request: Request, code: str, turn: Turn, *, who: str, version: int | None
) -> Offer:
    """Change the settings, write down who did, and put them in force.

    version: of the settings that were seen when this was decided; None where nobody looked. Raises
    NoSuchRoom; a Problem, `changed_meanwhile` where there are later settings by now.
    """

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        if offer.room is None:
            raise NoSuchRoom
        # Under the coupon's lock: of two who saw the same, one is told.
        if version is not None and version != offer.version:
            present = asdict(offer.room) | {"version": offer.version}
            raise Problem("changed_meanwhile", None, {"present": present})
        return offer.coupon, turn(offer.room)

    try:
        with wrong_values_are_said():
            return await change_offer(request, code, alter, who=who, what="room changed")
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
