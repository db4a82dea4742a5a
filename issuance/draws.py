"""Draws: stores the order of a lobby in Postgres before the line admits anybody from it."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from domain.draw_record import DrawRecord
from domain.room import Room
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.offers import Offer, find_offer
from issuance.rooms import update_room
from issuance.tables import draws

WHO = "draw"


def save_draw(engine: Engine, code: str, members: Sequence[str], drawn_at: datetime) -> Offer:
    """Store the members in the order drawn, once: a second call changes nothing.

    drawn_at: when the lobby closed, by the line's clock. Returns the offer, whose `drawn` is set.
    Raises NoSuchCoupon, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        offer = find_offer(tx, code, lock=True)
        room = offer.room
        if room is None:
            return offer
        store_draw(tx, room, members, drawn_at)
        return find_offer(tx, code)


def store_draw(tx: Connection, room: Room, members: Sequence[str], drawn_at: datetime) -> None:
    """Store the draw of a room that is locked, unless it has one."""
    if room.drawn is not None:
        return
    drawn = _to_record(room, members)
    tx.execute(
        insert(draws).values(
            room_id=room.id,
            drawn_at=drawn_at,
            entrants_count=len(members),
            entrants_sha256=drawn.entrants_sha256,
            entrants=gzip.compress("\n".join(members).encode(), compresslevel=6),
        )
    )
    # A process that read the room earlier must not overwrite the line's settings as undrawn.
    update_room(tx, room.id)
    shown = {
        "commitment": drawn.commitment,
        "seed": drawn.seed.hex(),
        "entrants_count": len(members),
        "entrants_sha256": drawn.entrants_sha256,
    }
    record(tx, WHO, "lobby drawn", room.code, None, shown, drawn_at)


def find_draw(engine: Engine, code: str) -> DrawRecord | None:
    """The draw with its members; None before the draw. Raises NoSuchCoupon, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_offer(tx, code).room
        if room is None:
            return None
        query = select(draws.c.entrants).where(draws.c.room_id == room.id)
        entrants = tx.execute(query).scalar_one_or_none()
    if entrants is None:
        return None
    text = gzip.decompress(entrants).decode()
    return _to_record(room, text.split("\n") if text else [])


def _to_record(room: Room, members: Sequence[str]) -> DrawRecord:
    return DrawRecord.from_members(room.code, room.opens_at.isoformat(), room.seed, members)
