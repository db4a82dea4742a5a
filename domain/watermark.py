"""Watermark: how far a line has come, saved in Postgres in case Redis loses the line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watermark:
    """The progress of one line.

    taken_at_us: when, in microseconds since 1970 by the line's clock; each watermark's is later
    than the one before. spent_until: members up to this arrival (or number drawn) have had their
    turn. last_arrival_us: the latest arrival.

    A line whose own latest watermark is older than the saved one has lost data.
    """

    taken_at_us: int
    spent_until: int
    last_arrival_us: int
