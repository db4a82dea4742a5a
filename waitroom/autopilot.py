"""Autopilot: finds the rate that the database sustains by probing upwards and backing off fast.

Follows CUBIC (Ha, Rhee and Xu, 2008; RFC 9438) with a rate in place of a congestion window. Each
step down sets the rate a fifth below the *crest*, the rate that was too high. From there it rises
fast, slowly near the crest, and beyond the crest faster and faster. The crest is the measured issue
rate, as in TCP Westwood (Mascolo et al., 2001), so one step is mostly enough. Pure arithmetic: time
is an argument. See docs/autopilot.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Reason = Literal[
    "rises", "most", "near", "unused", "slow", "queue", "draining",
    "postgres_away", "queue_away", "no_workers", "batches_failed",
]  # fmt: skip

EASE_TO = 0.8  # a step down sets the rate to this part of the crest
EASE_MOST = 0.5  # the lowest such part, and the lowest of the rate that a step moves the crest to
EASE_MORE_PER_S = 0.1  # that part is smaller by this for each second of the oldest job's age
CREST_AFTER_S = 4.0  # the rate is back at the crest this long after a step down
RISE_MOST_PER_S = 1.5  # largest factor of growth per second, also from the minimum after an outage
LOOK_BACK_S = 2.0  # transactions of this period count
NEAR = 0.8  # above this part of the latency limit the rate does not rise
QUEUE_BOUNDS = 2.0  # largest age of the oldest job, in latency limits: the job before it and itself
SETTLES_S = 1.0  # a step down shows no effect before this time
DRAINS_MOST_S = 5.0
USED = 0.5  # below this part of the rate in use, a higher rate can't be judged
STALE_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits that the admin sets: on the rate, and on the transactions' p95."""

    rate_min_per_s: float
    rate_max_per_s: float
    latency_ms: float

    def clamp(self, rate_per_s: float) -> float:
        return min(max(rate_per_s, self.rate_min_per_s), self.rate_max_per_s)


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction as its worker reported it: when, its duration, and its number of members."""

    told_s: float
    took_ms: float
    members: int


@dataclass(frozen=True, slots=True)
class Signals:
    """Measurements at one moment. latency_p95_ms: None without a recent commit.

    trouble: the component that fails, if any. issued_per_s: outcomes reported, refusals included.
    """

    now_s: float
    latency_p95_ms: float | None
    issued_per_s: float
    queue_age_s: float
    trouble: Reason | None = None


@dataclass(frozen=True, slots=True)
class RateController:
    """The state that the next step starts from. Times in seconds of Redis' clock.

    crest_per_s: the rate that was last too high. risen_s: how long the rate has risen since.
    eased_at_s: the last step down; settled_at_s: when the members enqueued before it must be done.
    reason: of the last step.
    """

    rate_per_s: float
    crest_per_s: float
    at_s: float
    risen_s: float = CREST_AFTER_S
    eased_at_s: float = -SETTLES_S
    settled_at_s: float = 0.0
    reason: Reason | None = None

    @classmethod
    def begin(cls, rate_per_s: float, bounds: Bounds, now_s: float) -> RateController:
        """Start at the admin's rate, taken as the crest."""
        rate_per_s = bounds.clamp(rate_per_s)
        return cls(rate_per_s, rate_per_s, now_s)

    def follow_clock(self, now_s: float) -> RateController:
        """The same state; if the clock was set back since the last step, so are its deadlines."""
        back_s = max(0.0, self.at_s - now_s)
        return replace(
            self, eased_at_s=self.eased_at_s - back_s, settled_at_s=self.settled_at_s - back_s
        )

    def step(self, seen: Signals, bounds: Bounds) -> tuple[RateController, Reason]:
        """The next state and its reason. The rate stays within the bounds."""
        pilot, reason = self._moved(seen, bounds)
        rate = bounds.clamp(pilot.rate_per_s)
        return replace(pilot, rate_per_s=rate, at_s=seen.now_s, reason=reason), reason

    def _moved(self, seen: Signals, bounds: Bounds) -> tuple[RateController, Reason]:
        if seen.trouble:
            return self._give_way(bounds), seen.trouble
        bound_s = bounds.latency_ms / 1_000
        p95_ms = seen.latency_p95_ms
        slow = p95_ms is not None and p95_ms > bounds.latency_ms
        queued = seen.queue_age_s > QUEUE_BOUNDS * bound_s
        if slow or queued:
            if self._is_draining(seen, queued=queued):
                return replace(self, risen_s=0.0), "draining"
            return self._eased(seen), "slow" if slow else "queue"
        if p95_ms is None or seen.issued_per_s < USED * self.rate_per_s:
            return self, "unused"
        if self.rate_per_s >= bounds.rate_max_per_s:
            return self, "most"
        if p95_ms > NEAR * bounds.latency_ms or seen.queue_age_s > bound_s:
            return self, "near"
        return self._risen(seen.now_s), "rises"

    def _give_way(self, bounds: Bounds) -> RateController:
        """Drop to the minimum, and remember the rate that was sustained before the trouble."""
        known = max(self.crest_per_s, self.rate_per_s)
        return replace(self, rate_per_s=bounds.rate_min_per_s, crest_per_s=known, risen_s=0.0)

    def _is_draining(self, seen: Signals, *, queued: bool) -> bool:
        """Whether members of before the last step down are still in progress, and getting fewer.

        The queue's age can't show this: its head ages until all enqueued too fast are done.
        But the queue drains while the rate is below the issue rate.
        """
        if seen.now_s < self.eased_at_s + SETTLES_S:
            return True
        if self.rate_per_s < seen.issued_per_s:
            return True
        return not queued and seen.now_s < self.settled_at_s

    def _eased(self, seen: Signals) -> RateController:
        """Step below the issue rate measured under overload, which is what the database sustains.

        Measurements lag, so one step moves the crest by no more than a half.
        """
        crest = max(EASE_MOST * self.rate_per_s, min(self.rate_per_s, seen.issued_per_s))
        share = max(EASE_MOST, EASE_TO - EASE_MORE_PER_S * seen.queue_age_s)
        through_s = min(DRAINS_MOST_S, seen.queue_age_s + (seen.latency_p95_ms or 0.0) / 1_000)
        return replace(
            self,
            rate_per_s=crest * share,
            crest_per_s=crest,
            risen_s=0.0,
            eased_at_s=seen.now_s,
            settled_at_s=seen.now_s + LOOK_BACK_S + through_s,
        )

    def _risen(self, now_s: float) -> RateController:
        # A period without measurements is not evidence that the rate was fine.
        passed_s = min(max(0.0, now_s - self.at_s), 1.0)
        risen_s = self.risen_s + passed_s
        beyond = (risen_s - CREST_AFTER_S) / CREST_AFTER_S
        curve = self.crest_per_s * (1 + (1 - EASE_TO) * beyond**3)
        rate = min(curve, self.rate_per_s * RISE_MOST_PER_S**passed_s)
        return replace(self, rate_per_s=max(self.rate_per_s, rate), risen_s=risen_s)


@dataclass(frozen=True, slots=True)
class Decision:
    """One step as an admin reads it: the new rate, the measurements, and the reason."""

    at_s: float
    rate_per_s: float
    latency_p95_ms: float | None
    queue_age_s: float
    issued_per_s: float
    reason: Reason

    @classmethod
    def from_step(cls, pilot: RateController, seen: Signals, reason: Reason) -> Decision:
        return cls(
            at_s=round(seen.now_s, 3),
            rate_per_s=round(pilot.rate_per_s, 3),
            latency_p95_ms=seen.latency_p95_ms,
            queue_age_s=round(seen.queue_age_s, 3),
            issued_per_s=round(seen.issued_per_s, 1),
            reason=reason,
        )

    def as_record(self) -> dict[str, Any]:
        return asdict(self)


def recent_latency(batches: Sequence[Batch], now_s: float) -> tuple[float | None, float]:
    """The p95 (ms) of the transactions of the last LOOK_BACK_S, and members per second.

    batches: the newest first.
    """
    recent = [one for one in _since_clock_set(batches, now_s) if now_s - LOOK_BACK_S <= one.told_s]
    if not recent:
        return None, 0.0
    took = sorted(one.took_ms for one in recent)
    p95 = took[math.ceil(0.95 * len(took)) - 1]
    return p95, sum(one.members for one in recent) / LOOK_BACK_S


def _since_clock_set(batches: Sequence[Batch], now_s: float) -> Iterator[Batch]:
    """Those that were reported since the clock was last set back: an older one has a later time."""
    last_s = now_s
    for one in batches:
        if one.told_s > last_s:
            return
        last_s = one.told_s
        yield one
