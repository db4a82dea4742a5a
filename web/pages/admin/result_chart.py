"""The whole sale as a chart: how many waited, minute by minute, drawn without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from issuance.history.minutes import Minute

WIDTH, HEIGHT = 1_000, 240
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ResultChart:
    """areas: SVG paths, one for each stretch without a gap. peak_x: in percent of the width."""

    areas: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    peak: int
    peak_at: datetime
    peak_x: float
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class ChartScale:
    """What the whole width and the whole height stand for."""

    span: timedelta
    peak: int


def common_scale(*sales: Sequence[Minute]) -> ChartScale:
    """A scale on which each of these sales fits."""
    return ChartScale(
        span=max((_span(one) for one in sales if one), default=MINUTE),
        peak=max((minute.waiting_max or 0 for one in sales for minute in one), default=0),
    )


def _span(minutes: Sequence[Minute]) -> timedelta:
    return minutes[-1].begins_at + MINUTE - minutes[0].begins_at


def result_chart(
    minutes: Sequence[Minute], *, scale: ChartScale | None = None
) -> ResultChart | None:
    """The chart of these minutes, by time; None where nobody was seen waiting.

    scale: by default as large as these minutes need.
    """
    known = [one for one in minutes if one.waiting_max is not None]
    peak = max(known, key=lambda one: one.waiting_max or 0, default=None)
    if peak is None or not peak.waiting_max:
        return None
    drawn = scale or common_scale(minutes)
    begins_at, ends_at = minutes[0].begins_at, minutes[-1].begins_at + MINUTE

    def x(at: datetime) -> float:
        return round(WIDTH * ((at - begins_at) / drawn.span), 1)

    def y(waiting: int) -> float:
        return round(HEIGHT * (1 - waiting / drawn.peak), 1)

    return ResultChart(
        areas=tuple(_area(stretch, x, y) for stretch in _stretches(minutes)),
        begins_at=begins_at,
        ends_at=ends_at,
        peak=peak.waiting_max,
        peak_at=peak.begins_at,
        peak_x=round(100 * x(peak.begins_at + MINUTE / 2) / WIDTH, 1),
    )


def _stretches(minutes: Sequence[Minute]) -> list[list[Minute]]:
    """Parts whose minutes follow each other: a gap in what is known is a gap in the chart."""
    parts: list[list[Minute]] = []
    for one in minutes:
        if one.waiting_max is None:
            parts.append([])
        elif parts and parts[-1] and one.begins_at - parts[-1][-1].begins_at == MINUTE:
            parts[-1].append(one)
        else:
            parts.append([one])
    return [part for part in parts if part]


def _area(
    stretch: Sequence[Minute], x: Callable[[datetime], float], y: Callable[[int], float]
) -> str:
    points = [(x(one.begins_at + MINUTE / 2), y(one.waiting_max or 0)) for one in stretch]
    first, last = x(stretch[0].begins_at), x(stretch[-1].begins_at + MINUTE)
    top = " ".join(f"L{left} {up}" for left, up in points)
    start, end = points[0][1], points[-1][1]
    return f"M{first} {HEIGHT} L{first} {start} {top} L{last} {end} L{last} {HEIGHT} Z"
