"""Verdict: compares the answers to a crowd with the rows in Postgres."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.refusals import Draining
from load.crowd.observations import Observations


@dataclass(frozen=True, slots=True)
class Latency:
    """Response times in milliseconds."""

    requests: int
    mean_ms: float
    p50_ms: float
    p99_ms: float

    @classmethod
    def from_times(cls, seconds: Sequence[float]) -> Latency:
        if not seconds:
            return cls(0, 0.0, 0.0, 0.0)
        ordered = sorted(s * 1_000 for s in seconds)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return cls(
            len(ordered),
            round(statistics.fmean(ordered), 1),
            round(statistics.median(ordered), 1),
            round(p99, 1),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of members, unless said otherwise.

    rows: of the whole coupon in Postgres; None: unknown. twice: with more than one coupon, by
    answers or by rows. overtaken: refused, though a later arrival got a coupon. place_rose: how
    often a place in line got worse. turned_back: responses that asked to retry. told_without_row:
    the answer was a coupon, but Postgres has no row; row_untold: the reverse. drained: refused by a
    draining room, which may leave coupons over.
    """

    members: int
    issued: int
    refused: int
    waited: int
    failed: int
    total_count: int
    rows: int | None
    over_issued: int
    twice: int
    overtaken: int
    place_rose: int
    told_without_row: int
    row_untold: int
    turned_back: int
    errors: tuple[tuple[str, int], ...]
    drained: int = 0

    @property
    def is_good(self) -> bool:
        wrong = (
            self.failed + self.over_issued + self.twice + self.overtaken + self.place_rose
            + self.told_without_row + self.row_untold
        )  # fmt: skip
        # If more members than coupons came, a coupon left over is a fault too, unless an admin
        # drained the room.
        wanted = min(self.members - self.drained, self.total_count)
        short = self.issued < wanted and self.rows is not None
        return wrong == 0 and not (short and self.rows < self.total_count)  # type: ignore[operator]


def verdict(
    crowd: Sequence[Observations], *, total_count: int, holders: Collection[str] | None
) -> Verdict:
    """holders: the member id of each row in Postgres; None if unknown."""
    issued = [one for one in crowd if one.final == "issued"]
    rows = Counter(holders or ())
    told = {one.member_id for one in issued}
    ours = {one.member_id for one in crowd}
    twice = {one.member_id for one in crowd if len(one.coupon_ids) > 1}
    twice |= {member for member, count in rows.items() if count > 1}
    return Verdict(
        members=len(crowd),
        issued=len(issued),
        refused=sum(one.final == "refused" for one in crowd),
        waited=sum(one.waited for one in crowd),
        failed=sum(one.final == "failed" for one in crowd),
        total_count=total_count,
        rows=None if holders is None else rows.total(),
        over_issued=max(0, max(rows.total(), len(issued)) - total_count),
        twice=len(twice),
        overtaken=_overtaken(crowd),
        place_rose=sum(one.place_rose for one in crowd),
        told_without_row=0 if holders is None else len(told - rows.keys()),
        row_untold=len((rows.keys() & ours) - told),
        turned_back=sum(one.turned_back for one in crowd),
        errors=tuple(Counter(one.error for one in crowd if one.error).most_common(5)),
        drained=sum(one.final == "refused" and one.refusal == Draining.slug for one in crowd),
    )


def _overtaken(crowd: Sequence[Observations]) -> int:
    issued = [one.arrived_at for one in crowd if one.final == "issued" and one.arrived_at]
    refused = [one.arrived_at for one in crowd if one.final == "refused" and one.arrived_at]
    return sum(arrived_at < max(issued) for arrived_at in refused) if issued else 0
