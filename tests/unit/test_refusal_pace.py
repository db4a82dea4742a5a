"""Refusal pace: a process answers so many refusals a second, and holds the others back."""

from __future__ import annotations

import pytest

from web.limits.refusal_pace import BURST, HELD_MAX_S, PER_S, RefusalPace


@pytest.fixture
def pace(clock) -> RefusalPace:
    return RefusalPace(clock=clock)


def test_a_few_refusals_are_answered_at_once(pace):
    assert {pace.wait_s() for _ in range(BURST)} == {0.0}


def test_the_others_are_answered_one_after_the_other(pace):
    for _ in range(BURST):
        pace.wait_s()

    waits = [pace.wait_s() for _ in range(10)]

    assert waits == pytest.approx([number / PER_S for number in range(1, 11)])


def test_none_is_held_for_longer_than_the_bound(pace):
    assert max(pace.wait_s() for _ in range(100_000)) == HELD_MAX_S


def test_a_quiet_time_saves_up_a_burst_and_no_more(clock, pace):
    for _ in range(10_000):
        pace.wait_s()
    clock.s += 3_600

    waits = [pace.wait_s() for _ in range(BURST + 1)]

    assert waits[:BURST] == [0.0] * BURST
    assert waits[BURST] > 0
