"""Minutes: stores what happened in each room, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from issuance.errors import translate_postgres_errors
from issuance.tables import MINUTE_COUNTS, minutes, rooms

# What is counted, by the names of a room's time series.
COUNTS = MINUTE_COUNTS
KEEP = timedelta(days=90)
# Three days of a room that is busy all the time; a longer sale is drawn from its latest part.
MINUTES_MAX = 3 * 24 * 60


@dataclass(frozen=True, slots=True)
class Minute:
    """What happened in a room in one minute; counts by the names of COUNTS.

    waiting: members in line at its end, waiting_max: the most; None where no admitter ran.
    """

    begins_at: datetime
    waiting_max: int | None
    waiting: int | None
    counts: Mapping[str, int]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened, and nobody waited."""
        return not any(self.counts.values()) and not self.waiting_max

    def as_record(self) -> dict[str, Any]:
        """All values by name."""
        return {
            "begins_at": self.begins_at,
            "waiting_max": self.waiting_max,
            "waiting": self.waiting,
            **self.counts,
        }


def save_minutes(engine: Engine, found: Mapping[UUID, Sequence[Minute]]) -> None:
    """Store minutes by room id, except quiet ones. Raises OfficeAway.

    Several admitters store the same minutes; each is stored once.
    """
    rows = [
        one.as_record() | {"room_id": room_id}
        for room_id, some in found.items()
        for one in some
        if not one.is_quiet
    ]
    if not rows:
        return
    with translate_postgres_errors(), engine.begin() as tx:
        tx.execute(insert(minutes).on_conflict_do_nothing(), rows)


def forget_minutes(engine: Engine, now: datetime) -> int:
    """Delete minutes that are older than KEEP; returns how many. Raises OfficeAway."""
    old = delete(minutes).where(minutes.c.begins_at < now - KEEP)
    with translate_postgres_errors(), engine.begin() as tx:
        return int(tx.execute(old).rowcount)


def list_minutes(engine: Engine, code: str) -> list[Minute]:
    """The latest MINUTES_MAX minutes of the room with this code, by time. Raises OfficeAway."""
    query = (
        select(minutes)
        .join(rooms, rooms.c.id == minutes.c.room_id)
        .where(rooms.c.code == code)
        .order_by(minutes.c.begins_at.desc())
        .limit(MINUTES_MAX)
    )
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(query).all()
    return [
        Minute(
            row.begins_at,
            row.waiting_max,
            row.waiting,
            {name: row._mapping[name] for name in MINUTE_COUNTS},
        )
        for row in reversed(rows)
    ]
