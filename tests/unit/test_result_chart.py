"""The chart of a whole sale: how many waited, minute by minute, gaps included."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issuance.history.minutes import Minute
from issuance.issued_coupons import IssuedTimes
from issuance.tables import MINUTE_COUNTS
from tests.unit.board_template_cast import NOON, some_changes
from tests.unit.place_template_cast import EN
from waitroom.stats.summary import RoomSummary
from web.pages.admin.result import result_sentence
from web.pages.admin.result_chart import result_chart


def minute(n: int, waiting: int | None) -> Minute:
    counts = dict.fromkeys(MINUTE_COUNTS, 1)
    return Minute(NOON + timedelta(minutes=n), waiting, waiting, counts)


def test_it_is_drawn_from_its_first_minute_to_its_last():
    chart = result_chart([minute(0, 0), minute(1, 10), minute(2, 5), minute(3, 0)])

    assert chart is not None
    assert (chart.begins_at, chart.ends_at) == (NOON, NOON + timedelta(minutes=4))
    assert (chart.peak, chart.peak_at) == (10, NOON + timedelta(minutes=1))
    (area,) = chart.areas
    assert area.split(" L")[2:-2] == ["125.0 240.0", "375.0 0.0", "625.0 120.0", "875.0 240.0"]


@pytest.mark.parametrize("waiting", [{0: 4, 1: 4, 3: 2, 4: 1}, {0: 4, 1: 4, 2: None, 3: 2, 4: 1}])
def test_a_gap_is_a_gap(waiting):
    """Also a minute without a row, and one in which no admitter ran."""
    chart = result_chart([minute(n, count) for n, count in waiting.items()])

    assert chart is not None
    assert len(chart.areas) == 2


@pytest.mark.parametrize("minutes", [[], [minute(0, None)], [minute(0, 0)]])
def test_without_anybody_who_waited_there_is_no_chart(minutes):
    assert result_chart(minutes) is None


def a_summary(**changes: object) -> RoomSummary:
    values: dict = {
        "entered": 10_099, "admitted": 7_000, "issued": 7_000, "left": 0, "passed_over": 0,
        "returned": 0, "refused": {}, "turned_away": {}, "wait_median_s": 117.2,
        "wait_p95_s": 158.0, "wait_longest_s": 161.0,
    }  # fmt: skip
    return RoomSummary(**(values | changes))


def test_the_sale_is_said_in_one_sentence_with_the_coupons_that_postgres_has():
    issued = IssuedTimes(6_999, NOON, NOON + timedelta(seconds=199))

    said = result_sentence(a_summary(), issued, EN)

    assert said == (
        "6,999 coupons went to 6,999 members in 3 min 19 s, one each. "
        "10,099 came; half of those who had their turn waited at most 1 min 57 s."
    )


def test_a_sale_of_which_nobody_has_a_coupon_says_so():
    said = result_sentence(a_summary(entered=3), IssuedTimes(0, None, None), EN)

    assert said == "Nobody has a coupon. 3 came."


def test_changes_have_letters_from_the_oldest_on_and_say_what_changed():
    changes = some_changes(EN)

    assert [(one.mark, one.who) for one in changes] == [("B", "alice"), ("A", "bob")]
    assert changes[0].what == "Admissions per second: 60 → 120"
    assert changes[1].what == "coupon created"
