"""What is news to somebody who follows, and how long what they were told is good enough."""

from dataclasses import replace

import pytest

from tests.unit.test_place import NOON_US, SECOND_US, facts, waiting
from web.sse.changes import (
    OFTEN_S,
    SELDOM_S,
    UNKNOWN_S,
    WAIT_SHARE,
    common_state,
    look_again_s,
    notable_state,
    time_group,
)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "paused"},
        {"state": "closed"},
        {"remain_count": 0},
        {"opens_at_us": NOON_US + SECOND_US},
        {"closes_at_us": NOON_US},
    ],
)
def test_what_changes_for_everybody_is_a_turn(changes):
    assert time_group(replace(facts, **changes)) != time_group(facts)


def test_opening_by_the_clock_is_a_turn():
    opens_soon = replace(facts, opens_at_us=NOON_US + SECOND_US)

    assert time_group(replace(opens_soon, now_us=NOON_US + SECOND_US)) != time_group(opens_soon)


def test_a_step_of_the_line_is_no_turn():
    later = replace(facts, now_us=NOON_US + SECOND_US, remain_count=99_900, waiting=900)

    assert time_group(later) == time_group(facts)


def test_the_clock_alone_is_no_news_but_each_step_is():
    def news(ahead: int, **changes: object) -> int:
        standing = waiting(ahead, **changes)
        return notable_state(standing, common_state(standing.facts))

    assert news(5, now_us=NOON_US + SECOND_US) == news(5)
    assert news(4) != news(5)
    assert news(5, remain_count=7) != news(5)


def test_who_has_long_to_wait_is_looked_up_less_often():
    gaps = [look_again_s(waiting(ahead), 100.0) for ahead in (0, 9_999, 24_999, 1_000_000)]

    assert gaps == [OFTEN_S, OFTEN_S, 250 / WAIT_SHARE, SELDOM_S]


def test_where_the_pace_is_not_known_the_head_of_the_line_hears_first():
    gaps = [look_again_s(waiting(ahead), None) for ahead in (0, 50, 1_000_000)]

    assert gaps == [OFTEN_S, OFTEN_S + 1, UNKNOWN_S]


def test_who_is_called_up_hears_soon_and_nothing_comes_after_the_end():
    called_up = waiting(0)._replace(kind="admitted")

    assert look_again_s(called_up, 0.001) == OFTEN_S
    assert not called_up.phase.is_final


def test_who_follows_is_looked_up_within_a_third_of_a_short_grace():
    """Whoever is not asked about for that long would be passed over, though their page is open."""
    far = waiting(90_000, grace_us=6 * SECOND_US)

    assert look_again_s(far, far.facts.known_pace_per_s) == 2.0
    assert look_again_s(waiting(90_000), facts.known_pace_per_s) == SELDOM_S
