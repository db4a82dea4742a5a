"""Durations as people write them: `15 min`, `1 h 30 min`, `90 s`, `1시간 30분`, plain seconds."""

from __future__ import annotations

import re
from typing import Literal

Unit = Literal["day", "h", "min", "s"]
# The seconds of each unit, the longest first, and all spellings that people may type.
UNITS: dict[Unit, tuple[int, tuple[str, ...]]] = {
    "day": (86_400, ("day", "days", "d", "일")),
    "h": (3_600, ("h", "hr", "hrs", "hour", "hours", "시간")),
    "min": (60, ("min", "mins", "m", "minute", "minutes", "분")),
    "s": (1, ("s", "sec", "secs", "second", "seconds", "초")),
}
# Shorter ones read better in seconds alone: 90 s, not 1 min 30 s.
SECONDS_ALONE_BELOW_S = 120
_UNIT_OF = {word: unit for unit, (_, words) in UNITS.items() for word in words}
_PART = re.compile(r"([0-9]{1,15})\s*([^\W\d_]+)")
_PARTS = re.compile(rf"(?:\s*{_PART.pattern})+")


def parse_duration(text: str) -> int:
    """The seconds. Raises ValueError unless it is whole seconds, or parts from long to short."""
    if re.fullmatch("[0-9]{1,15}", text):
        return int(text)
    if _PARTS.fullmatch(text) is None:
        raise ValueError(text)
    total_s, order = 0, list(UNITS)
    for count, word in _PART.findall(text):
        unit = _UNIT_OF.get(word.lower())
        if unit is None or unit not in order:
            raise ValueError(text)
        order = order[order.index(unit) + 1 :]
        total_s += int(count) * UNITS[unit][0]
    return total_s


def split_duration(seconds: int) -> list[tuple[int, Unit]]:
    """The parts that `parse_duration` adds up, the longest first; at least one."""
    if seconds < SECONDS_ALONE_BELOW_S and seconds != UNITS["min"][0]:
        return [(seconds, "s")]
    parts: list[tuple[int, Unit]] = []
    for unit, (size_s, _) in UNITS.items():
        count, seconds = divmod(seconds, size_s)
        if count:
            parts.append((count, unit))
    return parts
