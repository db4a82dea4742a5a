from dataclasses import replace

import pytest

from load.compare.checks import broken_promises
from tests.unit.compare_cast import GOOD, comparison, judged, measured


def test_a_way_that_kept_all_has_nothing_said_of_it():
    assert broken_promises(measured()) == []
    assert comparison().is_good


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (judged(failed=1), "no final answer"),
        (judged(over_issued=1), "too many"),
        (judged(twice=1), "more than one"),
        (judged(overtaken=1), "overtaken"),
        (judged(place_rose=1), "worse"),
        (judged(told_without_row=1), "without a row"),
        (judged(row_untold=1), "did not read that they have a coupon"),
        (judged(issued=9), "Of 10 coupons, 9"),
        (judged(rows=9), "Postgres has 9"),
        (judged(rows=11), "Postgres has 11"),
        (judged(rows=None), "Postgres has 0"),
        (measured(moments=()), "could not be sampled"),
        (measured(connections_max=8), "8 connections were open, more than the bound of 7"),
    ],
)
def test_each_broken_promise_is_said_and_spoils_the_whole(bad, says):
    assert any(says in sentence for sentence in broken_promises(bad))
    assert not comparison(measured("queue"), bad).is_good


def test_fewer_members_than_coupons_must_all_get_one():
    few = replace(GOOD, members=4, issued=4, rows=4, refused=0)

    assert broken_promises(measured(verdict=few)) == []


def test_a_comparison_of_nothing_is_not_good():
    assert not replace(comparison(), ways=()).is_good
