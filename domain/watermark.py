"""Watermark: how far a line has come, as is written down where nothing gets lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watermark:
    """Of one line, by its own clock, which grows with each that is taken.

    taken_at_us: when, in microseconds since 1970. spent_until: everybody whose arrival (or number
    drawn) is not above it has had their turn. last_arrival_us: nobody has arrived later.

    A line that knows of no watermark as late as the one that was written down has lost something.
    """

    taken_at_us: int
    spent_until: int
    last_arrival_us: int
