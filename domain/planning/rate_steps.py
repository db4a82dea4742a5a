"""RateStep: an admission rate from a time on, which the admitter sets by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from domain.invalid_value import InvalidValue
from domain.settings_spec import ROOM_SETTINGS

RATE_STEPS_MAX = 100
FIELD = "rate_steps"
# The setting whose bounds a step has.
RATE = next(one for one in ROOM_SETTINGS if one.name == "rate_per_s")


@dataclass(frozen=True, slots=True)
class RateStep:
    """From `at` on, `rate_per_s` is the rate. Raises InvalidValue out of the setting's bounds."""

    at: datetime
    rate_per_s: float

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValue(FIELD, "time_zone", got=self.at.isoformat())
        RATE.check(self.rate_per_s)


RateSteps = tuple[RateStep, ...]


def check_rate_steps(steps: Sequence[RateStep], opens_at: datetime, closes_at: datetime) -> None:
    """Raises InvalidValue unless they are in order, each time once, and while the room is open."""
    if len(steps) > RATE_STEPS_MAX:
        raise InvalidValue(FIELD, "entries_at_most", most=RATE_STEPS_MAX, got=len(steps))
    for step in steps:
        if not opens_at <= step.at < closes_at:
            raise InvalidValue(
                FIELD,
                "while_open",
                least=opens_at.isoformat(),
                most=closes_at.isoformat(),
                got=step.at.isoformat(),
            )
    for before, after in pairwise(steps):
        if before.at >= after.at:
            raise InvalidValue(FIELD, "in_order", got=after.at.isoformat())


def first_after(steps: Sequence[RateStep], now: datetime) -> datetime | None:
    """The time of the first step after `now`; None if all are over."""
    return next((step.at for step in steps if step.at > now), None)


def find_due(steps: Sequence[RateStep], next_at: datetime | None, now: datetime) -> RateStep | None:
    """The step to apply: the last one from `next_at`, the first that is not over, until `now`."""
    if next_at is None:
        return None
    due = [step for step in steps if next_at <= step.at <= now]
    return due[-1] if due else None


def shift_steps(steps: Sequence[RateStep], by: timedelta) -> RateSteps:
    """The same steps at other times, as a copy of their room opens at another time."""
    return tuple(replace(step, at=step.at + by) for step in steps)
