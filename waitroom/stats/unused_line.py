"""The figures of a room that has no line yet, as it is a draft."""

from __future__ import annotations

from datetime import datetime

from domain.room import Room
from waitroom.room import room_fields
from waitroom.stats.room_stats import METERED, RoomStats
from waitroom.stats.tally import Tally


def stats_of_draft(room: Room, now: datetime) -> RoomStats:
    """Its settings, and figures that are all 0."""
    fields = {**room_fields(room), "used_count": str(room.used_count)}
    stored = {name.encode(): text.encode() for name, text in fields.items()}
    stored[b"version"] = str(room.version).encode()
    nothing = [[None] for _ in METERED]
    return RoomStats.from_reply(
        stored, 0, 0, 0, Tally({}), None, *nothing, now_s=int(now.timestamp())
    )
