"""Dangerous changes are asked about, with what they will do in numbers; others are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from application.dangers import (
    EMPTIES_WITHIN_S,
    PlannedChange,
    find_dangers,
    highest_unasked_rate,
)
from domain.inventory import Inventory
from domain.room_settings import RoomSettings
from tests.unit.board_template_cast import NOON, some_figures
from tests.unit.cast import spring
from tests.unit.place_template_cast import EN, KO
from web.pages.admin.questions import board_question, describe_dangers, edit_question

# 4,608 wait at 40/s; 3,920 of 7,000 coupons are left, so 688 miss out.
line = replace(
    some_figures(), rate_per_s=40.0, admitted_per_s=40.0, in_line=4_608, seats_in_use=0,
    total_count=7_000, used_count=3_080, entered_per_s=22.0,
)  # fmt: skip
room = RoomSettings(rate_per_s=40.0)
coupon = spring(
    7_000, 3_080, opens_at=NOON - timedelta(hours=1), expire_date=NOON + timedelta(days=1)
)


def planned(*, figures=line, before=room, coupon_after=coupon, **settings) -> PlannedChange:
    return PlannedChange(coupon, before, coupon_after, before.change(**settings), figures)


def names(change: PlannedChange) -> list[str]:
    return [danger.name for danger in find_dangers(change)]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (planned(rate_per_s=120), []),
        (planned(rate_per_s=121), ["raises_the_rate"]),
        (planned(rate_per_s=4_000), ["empties_the_line"]),
        (planned(rate_per_s=1), []),
        (planned(state="paused"), []),
        (planned(state="draining"), ["drains"]),
        (planned(state="closed"), ["closes"]),
        (planned(rate_mode="autopilot"), []),
        (planned(rate_mode="autopilot", rate_per_s=4_000), []),
    ],
)
def test_a_change_of_a_room_is_asked_about_if_something_is_lost(change, found):
    assert names(change) == found


def test_a_room_that_is_over_has_nothing_to_lose():
    over = replace(line, used_count=7_000)

    assert names(planned(figures=over, state="closed", rate_per_s=9_000)) == []


def test_a_line_that_is_through_at_once_anyway_is_not_asked_about():
    few = replace(line, in_line=100)

    assert names(planned(figures=few, rate_per_s=60)) == []


def test_a_rate_taken_over_from_the_autopilot_is_compared_with_the_one_in_force():
    steered = replace(line, rate_mode="autopilot", steered_rate_per_s=10.0)
    before = room.change(rate_mode="autopilot")

    change = planned(figures=steered, before=before, rate_mode="manual")

    assert names(change) == ["raises_the_rate"]


@pytest.mark.parametrize(
    ("ends_in", "question"),
    [
        (timedelta(0), "This ends the sale now, for 4,608 in line?"),
        (timedelta(seconds=10), "It ends before 4,208 in line have their turn?"),
        (timedelta(hours=1), None),
        (timedelta(days=2), None),
    ],
)
def test_an_earlier_end_is_asked_about_if_members_lose_their_turn(ends_in, question):
    change = planned(coupon_after=replace(coupon, expire_date=NOON + ends_in))

    asked = edit_question(change, {}, EN)

    assert (asked and asked.title) == question


@pytest.mark.parametrize(
    ("total", "figures", "question"),
    [
        (5_800, line, "1,200 fewer: 1,888 in line will miss out?"),
        (6_999, replace(line, in_line=0), "Reduce the stock by 1?"),
        (6_999, replace(line, in_line=0, opens_at_s=line.at_s + 60), None),
        (7_001, line, None),
    ],
)
def test_fewer_coupons_are_asked_about_once_the_sale_has_begun(total, figures, question):
    fewer = replace(coupon, inventory=Inventory(total, 3_080))

    asked = edit_question(planned(figures=figures, coupon_after=fewer), {}, EN)

    assert (asked and asked.title) == question


def test_the_question_says_in_numbers_what_the_rate_will_do():
    asked = board_question(planned(rate_per_s=4_000), {"what": "set"}, "/b", EN)

    assert asked is not None
    assert asked.title == "4,000/s: all 4,608 through in about 1 s?"
    assert asked.facts == (
        "100 times the present rate (40/s).",
        "3,920 get a coupon and 688 are refused within seconds. This can’t be undone.",
    )
    assert (asked.keep, asked.confirm) == ("Keep 40/s", "Apply 4,000/s")
    assert asked.instead == "Apply 120/s: sold out in 33 s"
    assert asked.instead_fields["rate_per_s"] == "120"


def test_closing_names_the_time_in_which_members_get_their_place_back():
    _title, facts = describe_dangers(find_dangers(planned(state="closed")), EN)

    assert "within 10 minutes" in facts[-1]


def test_a_milder_rate_is_not_asked_about():
    for waiting in (100, 1_000, 4_608):
        figures = replace(line, in_line=waiting)
        milder = highest_unasked_rate(figures)
        if milder is not None:
            assert milder > 40
            assert names(planned(figures=figures, rate_per_s=milder)) == []
    assert highest_unasked_rate(replace(line, in_line=40 * EMPTIES_WITHIN_S)) is None


@pytest.mark.parametrize("language", [EN, KO])
def test_every_danger_is_described_in_both_languages(language):
    fewer = replace(coupon, inventory=Inventory(5_800, 3_080), expire_date=NOON)
    changes = [
        planned(state="closed"), planned(state="draining"), planned(rate_per_s=4_000),
        planned(rate_per_s=121), planned(coupon_after=fewer),
    ]  # fmt: skip

    for change in changes:
        title, facts = describe_dangers(find_dangers(change), language)
        assert title[-1] in "?요."
        assert facts
        assert "%(" not in title + "".join(facts)
