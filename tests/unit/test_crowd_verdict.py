from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from load.crowd.observations import Observations
from load.crowd.verdict import Latency, Verdict, verdict

noon = datetime(2026, 5, 1, 12, tzinfo=UTC)


def got_one(name: str, late_s: float = 0, *coupons: str, **changes: object) -> Observations:
    return Observations(
        name,
        final="issued",
        arrived_at=noon + timedelta(seconds=late_s),
        coupon_ids=set(coupons or (f"coupon of {name}",)),
        **changes,
    )


def refused(name: str, late_s: float = 0, **changes: object) -> Observations:
    return Observations(
        name,
        final="refused",
        refusal="sold_out",
        arrived_at=noon + timedelta(seconds=late_s),
        **changes,
    )


def faults(judged: Verdict) -> dict[str, int]:
    wrong = ("failed", "over_issued", "twice", "overtaken", "place_rose")
    wrong += ("told_without_row", "row_untold")
    return {name: getattr(judged, name) for name in wrong if getattr(judged, name)}


def test_a_crowd_that_was_told_the_truth_in_its_order_is_good():
    crowd = [got_one("alice", 1, waited=True), got_one("bob", 2), refused("charlie", 3)]

    judged = verdict(crowd, total_count=2, holders=["bob", "alice"])

    assert judged.is_good
    assert faults(judged) == {}
    assert (judged.members, judged.issued, judged.refused, judged.waited) == (3, 2, 1, 1)
    assert (judged.rows, judged.total_count) == (2, 2)


@pytest.mark.parametrize(
    ("fault", "crowd", "total", "holders"),
    [
        ("over_issued", [got_one("alice"), got_one("bob")], 1, ["alice", "bob"]),
        ("over_issued", [got_one("alice"), got_one("bob")], 1, None),
        ("over_issued", [got_one("alice")], 1, ["alice", "somebody else"]),
        ("twice", [got_one("alice", 0, "one", "another")], 2, ["alice"]),
        ("twice", [got_one("alice")], 2, ["alice", "alice"]),
        ("overtaken", [refused("alice", 1), got_one("bob", 2)], 1, ["bob"]),
        ("place_rose", [got_one("alice", place_rose=1)], 1, ["alice"]),
        ("told_without_row", [got_one("alice"), got_one("bob")], 2, ["alice"]),
        ("row_untold", [got_one("alice"), refused("bob", 1)], 2, ["alice", "bob"]),
        ("failed", [got_one("alice"), Observations("bob", error="500 None: None")], 1, ["alice"]),
    ],
)
def test_each_fault_is_found_and_makes_the_verdict_bad(fault, crowd, total, holders):
    judged = verdict(crowd, total_count=total, holders=holders)

    assert faults(judged) == {fault: 1}
    assert not judged.is_good


def test_coupons_left_over_while_members_went_without_are_a_fault():
    crowd = [got_one("alice", 1), refused("bob", 2)]

    assert not verdict(crowd, total_count=2, holders=["alice"]).is_good


def test_coupons_left_over_as_nobody_new_was_let_in_are_no_fault():
    late, later = Observations("bob"), Observations("charlie")
    for one in (late, later):
        assert one.note(409, {"type": "draining"}) is None
    crowd = [got_one("alice", 1), late, later]

    judged = verdict(crowd, total_count=2, holders=["alice"])
    without_an_outcome = verdict([*crowd, refused("dora", 2)], total_count=2, holders=["alice"])

    assert (judged.is_good, judged.refused, judged.drained) == (True, 2, 2)
    assert not without_an_outcome.is_good, "dora had a place, and one was left for her"


def test_coupons_that_others_hold_are_not_left_over():
    crowd = [got_one("alice", 1), refused("bob", 2)]

    judged = verdict(crowd, total_count=3, holders=["early", "bird", "alice"])

    assert judged.is_good
    assert faults(judged) == {}


def test_more_coupons_than_members_is_no_fault():
    assert verdict([got_one("alice")], total_count=10, holders=["alice"]).is_good


def test_where_nobody_looked_into_postgres_only_what_was_told_is_judged():
    judged = verdict([got_one("alice"), refused("bob", 1)], total_count=5, holders=None)

    assert judged.rows is None
    assert judged.is_good


def test_an_empty_postgres_is_not_the_same_as_one_nobody_looked_into():
    judged = verdict([got_one("alice")], total_count=1, holders=[])

    assert (judged.rows, judged.told_without_row) == (0, 1)
    assert not judged.is_good


def test_who_was_refused_without_ever_having_a_place_was_not_overtaken():
    at_the_door = Observations("bob", final="refused", refusal="sold_out", arrived_at=None)

    judged = verdict([got_one("alice"), at_the_door], total_count=1, holders=["alice"])

    assert judged.overtaken == 0


def test_the_commonest_errors_are_named_first_and_no_more_than_five():
    errors = ["a", "b", "b", "c", "d", "e", "f"]
    crowd = [Observations(f"member-{n}", error=error) for n, error in enumerate(errors)]

    judged = verdict(crowd, total_count=1, holders=[])

    assert judged.errors[0] == ("b", 2)
    assert len(judged.errors) == 5


def test_every_count_of_the_verdict_is_judged_or_told():
    told = {"members", "issued", "refused", "waited", "total_count", "rows", "errors", "drained"}
    judged = verdict([Observations("alice")], total_count=1, holders=[])

    for field in fields(Verdict):
        assert field.name in told or isinstance(getattr(judged, field.name), int)


def test_latencies_of_nothing_are_nought():
    assert Latency.from_times([]) == Latency(0, 0.0, 0.0, 0.0)


def test_latencies_are_in_milliseconds_whatever_their_order():
    seconds = [n / 1_000 for n in range(100, 0, -1)]

    assert Latency.from_times(seconds) == Latency(100, mean_ms=50.5, p50_ms=50.5, p99_ms=100.0)
