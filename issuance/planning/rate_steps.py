"""Stores rate steps, and applies those that are due, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select

from domain.planning.rate_steps import RateStep, check_rate_steps, find_due, first_after
from domain.room import Room
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.planning.errors import NoRoomWithCode
from issuance.planning.find_room import find_room
from issuance.rooms import read_now, steps_as_json, update_room
from issuance.tables import rooms

WHO = "rate steps"
STEP_APPLIED = "rate step applied"


def set_rate_steps(
    engine: Engine, code: str, steps: Sequence[RateStep], *, who: str, now: datetime
) -> Room:
    """Replace all steps of a room; those until now are over.

    Raises NoRoomWithCode, InvalidValue, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        room = find_room(tx, code, lock=True)
        check_rate_steps(steps, room.opens_at, room.closes_at)
        if tuple(steps) == room.rate_steps:
            return room
        old, new = steps_as_json(room.rate_steps), steps_as_json(steps)
        # A draft has applied none: those until its publication are then due.
        next_at = first_after(steps, read_now(tx)) if room.has_line else _first(steps)
        update_room(tx, room.id, rate_steps=new, next_step_at=next_at)
        record(tx, who, "rate steps changed", code, {"rate_steps": old}, {"rate_steps": new}, now)
        return find_room(tx, code)


def _first(steps: Sequence[RateStep]) -> datetime | None:
    return steps[0].at if steps else None


def apply_due_steps(engine: Engine) -> list[str]:
    """Apply the rate of each room whose next step is due; returns these rooms' codes.

    Of several steps that are due, only the last counts: an admitter that was down applies no old
    rates. Any number of admitters may call it at once. Raises OfficeAway.
    """
    due = select(rooms.c.code).where(rooms.c.next_step_at <= func.now(), rooms.c.stage != "draft")
    with translate_postgres_errors(), engine.begin() as tx:
        codes = tx.execute(due.order_by(rooms.c.next_step_at)).scalars().all()
    return [code for code in codes if _apply_due(engine, code)]


def _apply_due(engine: Engine, code: str) -> bool:
    with translate_postgres_errors(), engine.begin() as tx:
        try:
            # Read under the lock: another admitter may have applied the step just now.
            room = find_room(tx, code, lock=True)
        except NoRoomWithCode:
            return False
        now = read_now(tx)
        step = find_due(room.rate_steps, room.next_step_at, now)
        if step is None:
            return False
        settings = room.settings.change(rate_per_s=step.rate_per_s)
        next_at = first_after(room.rate_steps, now)
        update_room(tx, room.id, rate_per_s=settings.rate_per_s, next_step_at=next_at)
        old, new = {"rate_per_s": room.settings.rate_per_s}, {"rate_per_s": settings.rate_per_s}
        record(tx, WHO, STEP_APPLIED, code, {"room": old}, {"room": new}, now)
        return True
