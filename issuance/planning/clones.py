"""Clones rooms: as a draft for another sale, or as a hidden rehearsal."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, insert, literal, select

from domain.coupon import Coupon
from domain.inventory import Inventory
from domain.planning.rate_steps import RateSteps, shift_steps
from domain.planning.rehearsal import REHEARSAL_CODE_BYTES, REHEARSAL_MAX
from domain.room import Room
from domain.sites.site_room import NEVER, SiteRoom
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.offers import Offer, insert_offer
from issuance.planning.errors import RehearsalIsFixed
from issuance.planning.find_room import find_room, find_source, room_of
from issuance.planning.stages import end_rehearsal_of, find_rehearsal_code
from issuance.rooms import read_now, steps_as_json
from issuance.sites.site_rooms import insert_site_room
from issuance.tables import brandings

WEEK = timedelta(weeks=1)


def clone_room(engine: Engine, code: str, new_code: str, *, who: str, now: datetime) -> Room:
    """Copy a room's settings, branding and rate steps into a new draft, without its members.

    A copy of a room that has opened opens at the same time of a week to come. Raises
    NoRoomWithCode, RehearsalIsFixed, CodeTaken, InvalidValue, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        source = find_source(tx, code)
        room = _copied(source)
        opens_at = _in_a_week_to_come(room.opens_at, read_now(tx))
        closes_at = _shifted_end(room, opens_at)
        steps = shift_steps(room.rate_steps, opens_at - room.opens_at)
        _insert_copy(tx, source, new_code, opens_at, closes_at, steps, {"stage": "draft"})
        made = {"cloned_from": code, "opens_at": opens_at.isoformat()}
        record(tx, who, "room cloned", new_code, None, made, now)
        return find_room(tx, new_code)


def start_rehearsal(engine: Engine, code: str, *, opens_in_s: int, who: str, now: datetime) -> Room:
    """Copy a room into a hidden one that opens soon; the room's rehearsal until now ends.

    It has real parts, and a code that nobody can guess. Raises NoRoomWithCode, RehearsalIsFixed,
    OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        source = find_source(tx, code, lock=True)
        room = _copied(source)
        end_rehearsal_of(tx, room, who, now)
        opens_at = read_now(tx) + timedelta(seconds=opens_in_s)
        closes_at = min(_shifted_end(room, opens_at), opens_at + REHEARSAL_MAX)
        steps = tuple(
            step
            for step in shift_steps(room.rate_steps, opens_at - room.opens_at)
            if step.at < closes_at
        )
        secret_code = f"rehearsal-{secrets.token_hex(REHEARSAL_CODE_BYTES)}"
        plan = {"stage": "rehearsal", "rehearses": room.id}
        _insert_copy(tx, source, secret_code, opens_at, closes_at, steps, plan)
        started = {"rehearsal": secret_code, "opens_at": opens_at.isoformat()}
        record(tx, who, "rehearsal started", code, None, started, now)
        return find_room(tx, secret_code)


def find_rehearsal(engine: Engine, code: str) -> Room | None:
    """The rehearsal of this room that has not ended; None without one.

    Raises NoRoomWithCode, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        found = find_rehearsal_code(tx, find_room(tx, code))
        return find_room(tx, found) if found else None


def end_rehearsal(engine: Engine, code: str, *, who: str, now: datetime) -> Room:
    """Close the rehearsal of this room for good; returns it, or the room itself without one.

    Raises NoRoomWithCode, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_room(tx, code, lock=True)
        return end_rehearsal_of(tx, room, who, now) or room


def _copied(source: Offer | SiteRoom) -> Room:
    """The room to copy. Raises NoRoomWithCode, RehearsalIsFixed."""
    room = room_of(source)
    if room.stage == "rehearsal":
        raise RehearsalIsFixed
    return room


def _in_a_week_to_come(opens_at: datetime, now: datetime) -> datetime:
    if opens_at > now:
        return opens_at
    return opens_at + ((now - opens_at) // WEEK + 1) * WEEK


def _shifted_end(room: Room, opens_at: datetime) -> datetime:
    if room.closes_at == NEVER:
        return NEVER
    return room.closes_at + (opens_at - room.opens_at)


def _insert_copy(
    tx: Connection,
    source: Offer | SiteRoom,
    code: str,
    opens_at: datetime,
    closes_at: datetime,
    steps: RateSteps,
    plan: Mapping[str, Any],
) -> None:
    """Raises CodeTaken, InvalidValue."""
    made, room = uuid4(), room_of(source)
    settings = room.settings.change(state="open")
    next_at = steps[0].at if steps else None
    columns = {**plan, "rate_steps": steps_as_json(steps), "next_step_at": next_at}
    if isinstance(source, Offer):
        insert_offer(tx, _copy_coupon(source, made, code, opens_at, closes_at), settings, **columns)
    else:
        copy = replace(room, id=made, code=code, settings=settings)
        copy = replace(copy, opens_at=opens_at, closes_at=closes_at)
        insert_site_room(tx, replace(source, room=copy), **columns)
    _copy_branding(tx, room.id, made)


def _copy_coupon(
    source: Offer, made: UUID, code: str, opens_at: datetime, closes_at: datetime
) -> Coupon:
    given = source.coupon
    return Coupon(
        id=made,
        code=code,
        description=given.description,
        discount=given.discount,
        inventory=Inventory(given.inventory.total_count),
        opens_at=opens_at,
        expire_date=closes_at,
        issuing=given.issuing,
    )


def _copy_branding(tx: Connection, room_id: UUID, made: UUID) -> None:
    names = [column for column in brandings.c if column.key != "room_id"]
    own = select(literal(made), *names).where(brandings.c.room_id == room_id)
    tx.execute(insert(brandings).from_select(["room_id", *(one.key for one in names)], own))
