"""Saves a line's watermark and spent tickets in Postgres, and restores them after Redis' loss."""

from __future__ import annotations

import asyncio

import structlog

from application.destinations.room_store import RoomStore
from domain.room import Room
from issuance.postgres.engine import Engine
from issuance.spent_tickets import list_spent_after, save_spent_tickets
from issuance.watermarks import save_watermark
from waitroom.line import Line

log = structlog.get_logger(__name__)


async def recover_line(line: Line, engine: Engine, room: Room, store: RoomStore) -> None:
    """Save the line's watermark and spent tickets; after a loss restore spent tickets and outcomes.

    Admission pauses until then: members with an outcome would be in line again. Each step is
    idempotent, so an interrupted run can simply be repeated. Raises LineAway, OfficeAway.
    """
    code = room.code
    far = await line.recovery.read_progress(code)
    if far is None:
        return
    if far.lost_at_us or far.are_spent_lost:
        await _give_back_spent(line, engine, room)
    if far.unsaved:
        await asyncio.to_thread(save_spent_tickets, engine, room.id, far.unsaved)
        await line.recovery.mark_saved(code, far.unsaved)
    if far.lost_at_us:
        log.warning(
            "Redis may have lost members of this line: their tickets restore their places",
            room=code,
        )
        reported = await store.report_again(code)
        await line.recovery.mark_retold(code, far.lost_at_us)
        log.info("issued outcomes restored", room=code, members=reported)
    known = room.watermark
    if known is None or far.watermark.taken_at_us > known.taken_at_us:
        await asyncio.to_thread(save_watermark, engine, room.id, far.watermark)


async def _give_back_spent(line: Line, engine: Engine, room: Room) -> None:
    """Restore spent tickets in parts by member id; an empty last part marks the end."""
    code, last, given, dropped = room.code, "", 0, 0
    while True:
        some = await asyncio.to_thread(list_spent_after, engine, room.id, last)
        dropped += await line.recovery.add_spent(code, some)
        if not some:
            break
        given, last = given + len(some), some[-1].member_id
    log.info("spent tickets restored", room=code, members=given, dropped=dropped)
