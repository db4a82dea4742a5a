"""The judge of visits: what it counts of planted records."""

import pytest

from tests.visits.judge import overlap_max, percentile
from tests.visits.sampler import Sampler
from waitroom.visits.visit import Visit


def a_visit(claimed: int, ends: int, ended: int | None = None) -> Visit:
    return Visit(
        visit_id=f"{claimed}-{ends}",
        member_id="v:1",
        room="shop",
        state="inside" if ended is None else "finished",
        called_at_us=claimed,
        claimed_at_us=claimed,
        ends_at_us=ends,
        ended_at_us=ended,
        renew_from_us=None,
        max_ends_at_us=ends,
    )


@pytest.mark.parametrize(
    ("visits", "most"),
    [
        ([], 0),
        ([a_visit(1, 9, 5), a_visit(5, 9, 9)], 1),
        ([a_visit(1, 9, 6), a_visit(5, 9, 9)], 2),
        ([a_visit(1, 9), a_visit(8, 20), a_visit(9, 20)], 2),
        ([a_visit(1, 9), a_visit(2, 3, 3), a_visit(4, 20), a_visit(8, 20)], 3),
    ],
    ids=["none", "one after the other", "a microsecond too early", "at its end", "three"],
)
def test_visits_overlap_from_their_claim_until_just_before_their_end(visits, most):
    assert overlap_max(visits) == most
    assert overlap_max(reversed(visits)) == most


def test_the_p99_is_a_value_that_occurred():
    assert percentile([float(n) for n in range(100)], 0.99) == 99.0
    assert percentile([], 0.99) == 0.0


def test_a_free_seat_counts_until_it_is_called_while_somebody_waits():
    sampler = Sampler(redis=None, code="shop", seats=3)
    looks = [
        # time in s, called, inside, waiting, restores
        (0, 1, 2, 5, 0),
        (1, 1, 1, 5, 0),
        (2, 1, 0, 5, 0),
        (4, 2, 0, 4, 0),
        (5, 3, 0, 3, 0),
        (6, 2, 0, 0, 0),
        (9, 3, 0, 0, 0),
        (10, 2, 0, 5, 1),
        (20, 3, 0, 4, 0),
    ]

    for at_s, *counts in looks:
        sampler.look(at_s * 1_000_000, *counts)

    # Free since 1 and 2; nobody waited at 6, and nobody may be called at 10.
    assert sampler.handed_on_s == [3.0, 3.0]
    assert (sampler.looks, sampler.inside_most, sampler.taken_most) == (9, 2, 3)
