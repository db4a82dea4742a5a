"""Axis: where a value goes on a chart, and which values are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` in the unit of the values, drawn from pixel `start` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The pixel, rounded so that pages stay small; values beyond the ends are put there."""
        bounded = min(max(value, self.low), self.high)
        if self.is_log:
            share = math.log(bounded / self.low) / math.log(self.high / self.low)
        else:
            share = (bounded - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def linear(high: float, start: float, end: float) -> tuple[Axis, list[float]]:
    """From nought to a round number not below `high`, with the values to write: at most six."""
    high = high or 1.0
    power = 10 ** math.floor(math.log10(high / 5))
    step = next(power * s for s in STEPS if power * s * 5 >= high * 0.999)
    count = math.ceil(high / step - 1e-9)
    return Axis(0, count * step, start, end), [n * step for n in range(count + 1)]


def logarithmic(low: float, high: float, start: float, end: float) -> tuple[Axis, list[float]]:
    """From a power of ten to another, and all powers between them."""
    first = math.floor(math.log10(max(low, 1e-3)))
    last = max(first + 1, math.ceil(math.log10(max(high, 1e-3)) - 1e-9))
    powers = [10.0**n for n in range(first, last + 1)]
    return Axis(powers[0], powers[-1], start, end, is_log=True), powers


def written(value: float) -> str:
    """As short as it can be said."""
    return f"{value:,.10g}"
