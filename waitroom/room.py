"""Rooms as the line stores them: their settings, schedule and stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.phase import RoomNow
from domain.room import Room
from domain.settings_spec import ROOM_SETTINGS
from domain.watermark import Watermark


def room_fields(room: Room) -> Mapping[str, str]:
    """The room as the line stores it; times in microseconds since 1970."""
    given = {**asdict(room.settings), **room.further}
    settings = {name: str(value) for name, value in given.items()}
    return settings | {
        "kind": room.kind,
        "stage": room.stage,
        "opens_at": str(to_us(room.opens_at)),
        "closes_at": str(to_us(room.closes_at)),
        "total_count": str(room.total_count),
        "draw_seed": room.seed.hex(),
        "is_drawn": str(int(room.drawn is not None)),
    }


def settings_arguments(room: Room) -> list[str]:
    """The room as apply_settings.lua takes it."""
    mark = room.watermark or Watermark(0, 0, 0)
    arguments = [str(room.version), str(room.used_count)]
    arguments += [str(mark.taken_at_us), str(mark.spent_until), str(mark.last_arrival_us)]
    for name, value in room_fields(room).items():
        arguments += [name, value]
    return arguments


def read_settings(stored: Mapping[bytes, bytes]) -> dict[str, Any]:
    """The settings of a stored room, by name, in their types.

    A room of an earlier release lacks new settings until they are applied again: they have their
    defaults, as in include/room.lua.
    """
    settings: dict[str, Any] = {}
    for setting in ROOM_SETTINGS:
        text = stored.get(setting.name.encode())
        settings[setting.name] = setting.default if text is None else setting.type(text.decode())
    return settings


def read_room_now(stored: Mapping[bytes, bytes], now_us: int) -> RoomNow:
    """The values that decide a stored room's phase; the same as in include/room.lua."""

    def number(name: bytes) -> int:
        return int(float(stored.get(name, 0)))

    opens_at_us, closes_at_us = number(b"opens_at"), number(b"closes_at")
    # If Redis' clock is set back, the room neither opens nor ends again: schedule_time in Lua.
    if number(b"ended_for") == closes_at_us:
        now_us = max(now_us, closes_at_us)
    elif number(b"opened_for") == opens_at_us:
        now_us = max(now_us, opens_at_us)
    are_places_lost = stored.get(b"restoring_from") == b"0" or number(b"restoring_until") > now_us
    is_held = bool(stored.get(b"held_from"))  # of such a line the front is admitted
    return RoomNow(
        state=stored[b"state"].decode(),
        remain_count=number(b"total_count") - number(b"used_count"),
        now_us=now_us,
        opens_at_us=opens_at_us,
        closes_at_us=closes_at_us,
        is_restoring=stored.get(b"is_retold") == b"0" or (are_places_lost and not is_held),
        is_undrawn=stored.get(b"opening") == b"draw" and stored.get(b"is_drawn") != b"1",
    )


def to_us(time: datetime) -> int:
    """Microseconds since 1970, exactly: a float of seconds would round the last digits."""
    seconds = int(time.replace(microsecond=0).timestamp())
    return seconds * 1_000_000 + time.microsecond
