"""What is news to somebody who follows."""

from dataclasses import replace

import pytest

from tests.unit.test_poll_interval import NOON_US, SECOND_US, facts, waiting
from web.sse.changes import common_state, notable_state, time_group


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


def test_nothing_is_final_while_one_waits_or_is_let_through():
    assert not waiting(0).phase.is_final
    assert not waiting(0)._replace(kind="admitted").phase.is_final
