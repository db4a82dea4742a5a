"""Comparisons made up for tests, good unless a test makes them bad."""

from dataclasses import replace

from domain.coupon import Issuing
from load.compare.comparison import Comparison
from load.compare.options import WAYS, CompareOptions
from load.compare.results import Moment, WayResults
from load.crowd.verdict import Latency, Verdict

OPTIONS = CompareOptions(coupons=10, members=100, seed=7)
GOOD = Verdict(
    members=100,
    issued=10,
    refused=90,
    waited=0,
    failed=0,
    total_count=10,
    rows=10,
    over_issued=0,
    twice=0,
    overtaken=0,
    place_rose=0,
    told_without_row=0,
    row_untold=0,
    turned_back=0,
    errors=(),
)


def measured(way: Issuing = "pessimistic", **changes: object) -> WayResults:
    made = WayResults(
        way=way,
        verdict=GOOD,
        took_s=4.0,
        requests=1_234,
        answers_per_s=308.5,
        issued_within_s=2.5,
        issued_per_s=4.0,
        answer=Latency(1_234, 320.5, 300.0, 871.0),
        known=Latency(100, 2_100.0, 1_900.0, 3_950.0),
        connections_max=5,
        connections_bound=7,
        busy_max=4,
        blocked_share=0.88,
        retries=17,
        turned_back=1_134,
        out_of_turn=6,
        moments=(Moment(-0.05, 0, 2, 1, 0), Moment(1.0, 4, 5, 4, 1), Moment(2.5, 10, 5, 3, 0)),
        answer_curve_ms=((0.0, 2.0), (0.5, 300.0), (0.99, 871.0), (1.0, 990.0)),
        known_curve_ms=((0.0, 20.0), (0.5, 1_900.0), (0.99, 3_950.0), (1.0, 4_000.0)),
    )
    return replace(made, **changes)


def judged(**changes: object) -> WayResults:
    """A way whose verdict has these changes."""
    return measured(verdict=replace(GOOD, **changes))


def comparison(*ways: WayResults, **machine: str) -> Comparison:
    described = {"Machine": "Linux, 2 cores", **machine}
    found = ways or tuple(measured(way) for way in WAYS)
    return Comparison(OPTIONS, "2026-11-24T10:00:00Z", described, found)
