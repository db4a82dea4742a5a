import pytest

from issuance.postgres.connection_stats import ConnectionCounts
from load.compare.results import Moment, blocked_share, curve_ms, last_issue_s, measure, out_of_turn
from load.compare.sampler import Sample
from load.crowd.observations import Observations, Timings


def member(
    name: str, final: str = "refused", at_s: float = 100.0, **changes: object
) -> Observations:
    coupons = {f"coupon of {name}"} if final == "issued" else set()
    return Observations(name, final=final, set_out_at=at_s, coupon_ids=coupons, **changes)


def look(at_s: float, issued: int, held: tuple[int, int, int] = (3, 1, 0)) -> Sample:
    return Sample(at_s, issued, ConnectionCounts(*held))


def test_times_begin_when_the_first_member_sets_out():
    crowd = [
        member("bob", at_s=101.0, told_after_s=3.0),
        member("alice", "issued", at_s=100.0, told_after_s=0.5),
    ]
    timings = Timings(enter=[0.1, 0.2, 0.3], place=[0.4])
    looks = [look(99.9, 0), look(100.2, 0), look(100.4, 1, (5, 4, 1)), look(104.0, 1)]

    made = measure(
        "pessimistic", crowd, timings, looks,
        total_count=1, holders=["alice"], connections_bound=7,
    )  # fmt: skip

    assert made.took_s == 4.0
    assert (made.requests, made.answers_per_s) == (4, 1.0)
    assert (made.issued_within_s, made.issued_per_s) == (0.4, 2.5)
    assert (made.answer.requests, made.answer.mean_ms) == (4, 250.0)
    assert made.known.mean_ms == 1_750.0
    assert [m.at_s for m in made.moments] == [-0.1, 0.2, 0.4, 4.0]
    assert (made.connections_max, made.connections_bound, made.busy_max) == (5, 7, 4)
    assert made.verdict.is_good


def test_retries_and_turned_back_are_summed_over_the_crowd():
    crowd = [
        member("alice", "issued", way_retries=3, turned_back=1),
        member("bob", turned_back=4),
    ]

    made = measure(
        "optimistic", crowd, Timings(), [], total_count=1, holders=["alice"], connections_bound=7
    )

    assert (made.retries, made.turned_back) == (3, 5)


def test_where_nobody_looked_nothing_is_known_of_postgres():
    made = measure(
        "queue", [member("alice")], Timings(), [], total_count=1, holders=[], connections_bound=7
    )

    assert (made.issued_within_s, made.issued_per_s) == (None, None)
    assert (made.connections_max, made.moments, made.answer_curve_ms) == (0, (), ())


@pytest.mark.parametrize(
    ("issued", "last"), [([0, 0], None), ([0, 3, 5, 5], 2.0), ([5, 5], 0.0), ([], None)]
)
def test_the_last_issue_is_when_the_final_count_was_first_seen(issued, last):
    moments = [Moment(float(at), count, 1, 1, 0) for at, count in enumerate(issued)]

    assert last_issue_s(moments) == last


def test_what_was_committed_before_the_crowd_came_took_no_time():
    assert last_issue_s([Moment(-0.5, 5, 1, 1, 0)]) == 0.0


def test_blocked_counts_the_looks_while_coupons_were_issued_only():
    moments = [
        Moment(-1.0, 0, 1, 1, 1),
        Moment(0.5, 1, 1, 1, 2),
        Moment(1.0, 2, 1, 1, 0),
        Moment(2.0, 2, 1, 1, 1),
    ]

    assert blocked_share(moments, 1.0) == 0.5
    assert blocked_share(moments, None) == 0.0


def test_out_of_turn_counts_winners_who_came_after_as_many_as_there_were_coupons():
    crowd = [
        member("dora", "issued", 4.0),
        member("alice", "issued", 1.0),
        member("bob", at_s=2.0),
        member("charlie", at_s=3.0),
    ]

    assert out_of_turn(crowd) == 1


def test_where_the_first_ones_got_them_nobody_was_out_of_turn():
    crowd = [member("bob", "issued", 2.0), member("alice", "issued", 1.0), member("eve", at_s=3)]

    assert out_of_turn(crowd) == 0


def test_a_curve_goes_from_the_fastest_to_the_slowest_in_milliseconds():
    curve = curve_ms([0.3, 0.1, 0.2])

    assert (curve[0], curve[-1]) == ((0.0, 100.0), (1.0, 300.0))
    assert dict(curve)[0.5] == 200.0
    assert [ms for _, ms in curve] == sorted(ms for _, ms in curve)
    assert curve_ms([]) == ()
