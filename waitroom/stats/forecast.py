"""Forecast: how a line goes on if nothing changes, from its measured rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from waitroom.stats.room_stats import RoomStats

# Rates on the board are of this many seconds: long enough to be calm, short enough to be current.
BOARD_OVER_S = 5
# A second of a slower room may well have nobody.
LAST_SECOND_FROM_PER_S = 5.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """At a constant rate. ends_in_s: until the last coupon is taken or, if there are enough, until
    the line is empty. last_wait_s: of the last in line, if there were enough. will_miss_out: in
    line now, and too late.
    """

    ends_in_s: float
    is_sold_out: bool
    last_wait_s: float
    will_miss_out: int


def stock_for_line(figures: RoomStats) -> int:
    """The coupons that nobody under way has taken yet."""
    return max(0, figures.remain_count - figures.seats_in_use)


def forecast_at(figures: RoomStats, rate_per_s: float) -> Forecast:
    """The forecast at this rate, which is above 0."""
    stock, waiting = stock_for_line(figures), figures.waiting
    return Forecast(
        ends_in_s=min(stock, waiting) / rate_per_s,
        is_sold_out=stock < waiting,
        last_wait_s=waiting / rate_per_s,
        will_miss_out=max(0, waiting - stock),
    )


def forecast(figures: RoomStats, *, is_settling: bool = False) -> Forecast | None:
    """At the measured rate, or the target rate before the first is admitted.

    None where nobody waits or the line does not move. is_settling: the settings have just changed.
    """
    is_slow = figures.rate_in_force_per_s * BOARD_OVER_S < 1
    is_moving = figures.admitted_per_s > 0 or is_slow or is_settling
    if not figures.phase.admits or not figures.waiting or not is_moving:
        return None
    return forecast_at(figures, figures.admitted_per_s or figures.rate_in_force_per_s)


def is_settling(changed_at: datetime | None, now: datetime) -> bool:
    """Whether the mean of BOARD_OVER_S would begin before the settings changed."""
    return changed_at is not None and now - changed_at <= timedelta(seconds=BOARD_OVER_S + 1)


def measured_rate(figures: RoomStats, *, is_settling: bool) -> float:
    """Admissions per second: the mean of BOARD_OVER_S; just after a change the last whole second,
    where a second has enough of them.
    """
    if is_settling and figures.rate_in_force_per_s >= LAST_SECOND_FROM_PER_S:
        return float(figures.admitted_last_s)
    return figures.admitted_per_s
