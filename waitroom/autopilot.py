"""Autopilot: the rate that the database bears, found by trying a little more, easing off at once.

After CUBIC (Ha, Rhee and Xu, 2008; RFC 9438), which finds what a network bears, with a rate in
place of a window: each step down leaves the rate a fifth below the *crest*, at which it was too
much; from there it rises fast, lingers near the crest, and beyond it rises faster and faster. How
far down is said by what was really issued a second, as in TCP Westwood (Mascolo et al., 2001): so
one step is mostly enough. Pure arithmetic: time is an argument. docs/autopilot.md says more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Reason = Literal[
    "rises", "most", "near", "unused", "slow", "queue", "draining",
    "postgres_away", "queue_away", "no_workers", "batches_failed",
]  # fmt: skip

EASE_TO = 0.8  # of the crest: how far down a step goes
EASE_MOST = 0.5  # of the crest, where a queue must drain; and how far a step moves the crest
EASE_MORE_PER_S = 0.1  # of the crest, for each second that the oldest job has waited
CREST_AFTER_S = 4.0  # after a step down the rate is at the crest again
RISE_MOST_PER_S = 1.5  # times, at most: also after an outage, from the least
LOOK_BACK_S = 2.0  # whose transactions count
NEAR = 0.8  # of the bound: nearer to it the rate does not rise
QUEUE_BOUNDS = 2.0  # the oldest job may be so many bounds old: the one before it, and its own turn
SETTLES_S = 1.0  # a step down is felt no sooner
DRAINS_MOST_S = 5.0
USED = 0.5  # a rate that is not made use of says nothing about a higher one
STALE_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the admin allows: the rate, and the transactions' p95."""

    rate_min_per_s: float
    rate_max_per_s: float
    latency_ms: float

    def clamp(self, rate_per_s: float) -> float:
        return min(max(rate_per_s, self.rate_min_per_s), self.rate_max_per_s)


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction, as its worker told of it: when, how long it took, for how many members."""

    told_s: float
    took_ms: float
    members: int


@dataclass(frozen=True, slots=True)
class Signals:
    """What is seen at one moment. latency_p95_ms: None where nothing was committed lately.

    trouble: a part that fails, or nothing. issued_per_s: members told, refused ones among them.
    """

    now_s: float
    latency_p95_ms: float | None
    issued_per_s: float
    queue_age_s: float
    trouble: Reason | None = None


@dataclass(frozen=True, slots=True)
class RateController:
    """What the next step goes on from. Times in seconds of Redis' clock.

    crest_per_s: where it was last too much. risen_s: how long the rate has risen since.
    eased_at_s: when it last went down; settled_at_s: when what was fed before must be through.
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
        """At a rate that somebody thinks right: as if it was the crest."""
        rate_per_s = bounds.clamp(rate_per_s)
        return cls(rate_per_s, rate_per_s, now_s)

    def step(self, seen: Signals, bounds: Bounds) -> tuple[RateController, Reason]:
        """Where to go from here, and why. Never beyond the bounds."""
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
        """To the least at once; what was borne before the trouble is kept in mind."""
        known = max(self.crest_per_s, self.rate_per_s)
        return replace(self, rate_per_s=bounds.rate_min_per_s, crest_per_s=known, risen_s=0.0)

    def _is_draining(self, seen: Signals, *, queued: bool) -> bool:
        """What was fed before the last step down is still under way, and gets less.

        The age of the queue does not say so: its head goes on getting older until those are through
        who were fed too fast. But it drains while less is fed than is issued.
        """
        if seen.now_s < self.eased_at_s + SETTLES_S:
            return True
        if self.rate_per_s < seen.issued_per_s:
            return True
        return not queued and seen.now_s < self.settled_at_s

    def _eased(self, seen: Signals) -> RateController:
        """Below what was issued while it was too much, which is what the database bears.

        What is seen is a moment old, so one step moves the crest by no more than a half.
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
        # Time in which nobody looked is no time in which it went well.
        passed_s = min(max(0.0, now_s - self.at_s), 1.0)
        risen_s = self.risen_s + passed_s
        beyond = (risen_s - CREST_AFTER_S) / CREST_AFTER_S
        curve = self.crest_per_s * (1 + (1 - EASE_TO) * beyond**3)
        rate = min(curve, self.rate_per_s * RISE_MOST_PER_S**passed_s)
        return replace(self, rate_per_s=max(self.rate_per_s, rate), risen_s=risen_s)


@dataclass(frozen=True, slots=True)
class Decision:
    """One step, for reading: the rate from then on, what was seen, and why."""

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
    """The p95 of the transactions told in the last LOOK_BACK_S, in ms, and members a second."""
    recent = [one for one in batches if now_s - LOOK_BACK_S <= one.told_s]
    if not recent:
        return None, 0.0
    took = sorted(one.took_ms for one in recent)
    p95 = took[math.ceil(0.95 * len(took)) - 1]
    return p95, sum(one.members for one in recent) / LOOK_BACK_S
