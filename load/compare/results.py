"""WayResults: computes the figures of one way from what its members and the sampler saw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.coupon import Issuing
from load.compare.sampler import Sample
from load.crowd.observations import Observations, Timings
from load.crowd.verdict import Latency, Verdict, verdict

# The points of the report's curves.
SHARES = (
    0.0, 0.01, *(n / 20 for n in range(1, 20)), 0.98, 0.99, 0.995, 0.999, 1.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A sample, with its time since the first member set out."""

    at_s: float
    issued: int
    open: int
    busy: int
    blocked: int


@dataclass(frozen=True, slots=True)
class WayResults:
    """The figures of one way; docs/compare.md explains each."""

    way: Issuing
    verdict: Verdict
    took_s: float
    requests: int
    answers_per_s: float
    issued_within_s: float | None
    issued_per_s: float | None
    answer: Latency
    known: Latency
    connections_max: int
    connections_bound: int
    busy_max: int
    blocked_share: float
    retries: int
    turned_back: int
    out_of_turn: int
    moments: tuple[Moment, ...]
    answer_curve_ms: tuple[tuple[float, float], ...]
    known_curve_ms: tuple[tuple[float, float], ...]


def measure(
    way: Issuing,
    crowd: Sequence[Observations],
    timings: Timings,
    looks: Sequence[Sample],
    *,
    total_count: int,
    holders: Collection[str],
    connections_bound: int,
) -> WayResults:
    """Compute a way's figures. Times begin when the first member sets out."""
    began = min(one.set_out_at for one in crowd)
    took_s = max(one.set_out_at + one.told_after_s for one in crowd) - began
    answers, known = timings.enter + timings.place, [one.told_after_s for one in crowd]
    moments = _moments(looks, began)
    within_s = last_issue_s(moments)
    judged = verdict(crowd, total_count=total_count, holders=holders)
    return WayResults(
        way=way,
        verdict=judged,
        took_s=round(took_s, 2),
        requests=len(answers),
        answers_per_s=_per_s(len(answers), took_s),
        issued_within_s=within_s,
        issued_per_s=None if within_s is None else _per_s(moments[-1].issued, within_s),
        answer=Latency.from_times(answers),
        known=Latency.from_times(known),
        connections_max=max((m.open for m in moments), default=0),
        connections_bound=connections_bound,
        busy_max=max((m.busy for m in moments), default=0),
        blocked_share=blocked_share(moments, within_s),
        retries=sum(one.way_retries for one in crowd),
        turned_back=sum(one.turned_back for one in crowd),
        out_of_turn=out_of_turn(crowd),
        moments=moments,
        answer_curve_ms=curve_ms(answers),
        known_curve_ms=curve_ms(known),
    )


def _moments(looks: Sequence[Sample], began: float) -> tuple[Moment, ...]:
    return tuple(
        Moment(
            round(look.at_s - began, 3),
            look.issued,
            look.held.open,
            look.held.busy,
            look.held.blocked,
        )
        for look in looks
    )


def _per_s(count: int, seconds: float) -> float:
    return round(count / max(seconds, 0.001), 1)


def last_issue_s(moments: Sequence[Moment]) -> float | None:
    """Seconds until a sample first had the final count of coupons; None if none were issued."""
    if not moments or moments[-1].issued == 0:
        return None
    return next(max(0.0, m.at_s) for m in moments if m.issued == moments[-1].issued)


def blocked_share(moments: Sequence[Moment], within_s: float | None) -> float:
    """The share of samples, while coupons were issued, with a connection waiting for a lock."""
    during = [m for m in moments if within_s is not None and 0 <= m.at_s <= within_s]
    return round(sum(m.blocked > 0 for m in during) / len(during), 3) if during else 0.0


def out_of_turn(crowd: Sequence[Observations]) -> int:
    """Of n coupons, how many went to members who were not among the first n to set out."""
    in_order = sorted(crowd, key=lambda one: one.set_out_at)
    issued = sum(one.final == "issued" for one in crowd)
    return sum(one.final == "issued" for one in in_order[issued:])


def curve_ms(seconds: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """For each of SHARES, the milliseconds that this share did not exceed."""
    ordered = sorted(seconds)
    if not ordered:
        return ()
    last = len(ordered) - 1
    return tuple((share, round(ordered[round(share * last)] * 1_000, 1)) for share in SHARES)
