"""Publishes drafts, and archives rooms that are over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, select

from domain.invalid_value import InvalidValue
from domain.phase import RoomNow, room_phase
from domain.room import Room
from domain.unix_time import to_us
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.offers import list_offers
from issuance.planning.errors import NotOver, RehearsalIsFixed
from issuance.planning.find_room import find_room
from issuance.rooms import read_now, update_room
from issuance.sites.site_rooms import list_site_rooms
from issuance.tables import rooms


def get_room(engine: Engine, code: str) -> Room:
    """A room of any kind and stage. Raises NoRoomWithCode, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        return find_room(tx, code)


def list_rooms(engine: Engine, *, archived: bool = False) -> list[Room]:
    """The rooms of all kinds by opening, without archived ones; archived: only these.

    Raises OfficeAway.
    """
    found = [offer.room for offer in list_offers(engine) if offer.room is not None]
    found += [one.room for one in list_site_rooms(engine)]
    kept = [room for room in found if (room.archived_at is not None) == archived]
    return sorted(kept, key=lambda room: (room.opens_at, room.code))


def publish_room(engine: Engine, code: str, *, who: str, now: datetime) -> Room:
    """Make a draft a room like any other, and end its rehearsal; a published room stays as it is.

    Raises NoRoomWithCode, RehearsalIsFixed, OfficeAway; InvalidValue if its time is over.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_room(tx, code, lock=True)
        if room.stage == "rehearsal":
            raise RehearsalIsFixed
        if room.stage == "published":
            return room
        if room.closes_at <= read_now(tx):
            field = "expire_date" if room.kind == "coupon" else "closes_at"
            raise InvalidValue(field, "in_future", got=room.closes_at.isoformat())
        end_rehearsal_of(tx, room, who, now)
        update_room(tx, room.id, stage="published")
        change = {"stage": room.stage}, {"stage": "published"}
        record(tx, who, "room published", code, *change, now)
        return find_room(tx, code)


def archive_room(engine: Engine, code: str, *, who: str, now: datetime) -> Room:
    """Take a room out of all lists; its pages, result and changes stay. A draft may be archived.

    Raises NoRoomWithCode, NotOver, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_room(tx, code, lock=True)
        at = read_now(tx)
        if room.archived_at is None and room.has_line and not _is_over(room, at):
            raise NotOver
        return _set_archived(tx, room, at, who, now)


def unarchive_room(engine: Engine, code: str, *, who: str, now: datetime) -> Room:
    """List an archived room again. Raises NoRoomWithCode, RehearsalIsFixed, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_room(tx, code, lock=True)
        if room.stage == "rehearsal":
            raise RehearsalIsFixed
        return _set_archived(tx, room, None, who, now)


def find_rehearsal_code(tx: Connection, room: Room) -> str | None:
    """The code of the room's rehearsal that has not ended; None without one."""
    running = select(rooms.c.code).where(
        rooms.c.rehearses == room.id, rooms.c.archived_at.is_(None)
    )
    return tx.execute(running).scalar_one_or_none()


def end_rehearsal_of(tx: Connection, room: Room, who: str, now: datetime) -> Room | None:
    """Close the rehearsal of a room, and archive it; returns it, None without one.

    It is a room of its own, so what it issued stays its own and never counts for the room.
    """
    code = find_rehearsal_code(tx, room)
    if code is None:
        return None
    rehearsal = find_room(tx, code, lock=True)
    update_room(tx, rehearsal.id, state="closed", archived_at=read_now(tx), next_step_at=None)
    record(tx, who, "rehearsal ended", room.code, None, {"rehearsal": code}, now)
    return find_room(tx, code)


def _set_archived(
    tx: Connection, room: Room, archived_at: datetime | None, who: str, now: datetime
) -> Room:
    if (room.archived_at is None) == (archived_at is None):
        return room
    update_room(tx, room.id, archived_at=archived_at)
    what = "room unarchived" if archived_at is None else "room archived"
    was, becomes = archived_at is None, archived_at is not None
    record(tx, who, what, room.code, {"is_archived": was}, {"is_archived": becomes}, now)
    return find_room(tx, room.code)


def _is_over(room: Room, now: datetime) -> bool:
    """By Postgres' clock; only Redis knows whether the line is restoring, which is no end."""
    facts = RoomNow(
        state=room.settings.state,
        remain_count=room.total_count - room.used_count,
        now_us=to_us(now),
        opens_at_us=to_us(room.opens_at),
        closes_at_us=to_us(room.closes_at),
    )
    return room_phase(facts).is_over
