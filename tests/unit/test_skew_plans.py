"""The plans of `--skew`: one clock is off, and nothing else fails. And what they measure."""

from collections import Counter

import pytest

from tests.faults.autopilot_seen import QueueAges, Reports
from tests.faults.evidence import Reported
from tests.faults.skew import CASES, ENDS_FROM_S, KINDS, OFFSETS_S, REDIS_BY_S, case_of, draw_skew

PLANS = {seed: draw_skew(seed) for seed in range(1, 1 + 2 * len(CASES))}


def test_the_same_seed_gives_the_same_plan():
    assert {seed: draw_skew(seed) for seed in PLANS} == PLANS


def test_twenty_seeds_have_each_kind_of_process_by_each_offset_and_redis_both_ways():
    assert len(CASES) == 20
    for first in (1, 21):
        cases = Counter(case_of(seed) for seed in range(first, first + 20))
        assert cases == Counter(CASES)
    assert {case for case in CASES if case.what != "redis"} == {
        (kind, off_by_s) for kind in KINDS for off_by_s in OFFSETS_S
    }


@pytest.mark.parametrize("seed", PLANS)
def test_only_clocks_of_one_kind_are_off(seed):
    plan, case = PLANS[seed], case_of(seed)
    off = {name: off_by_s for name, off_by_s in plan.clocks.items() if off_by_s}

    assert plan.faults == ()
    if case.what == "redis":
        [step] = plan.steps
        assert (off, step.clock, step.offset_s in REDIS_BY_S) == ({}, "redis", True)
        assert step.at_s > plan.room.opens_s
        assert plan.room.changes == ()
    else:
        assert off
        assert plan.steps == ()
        assert {name.split(" ")[0] for name in off} == {case.what}
        assert set(off.values()) == {case.off_by_s}


def test_some_rooms_end_while_members_wait_and_some_processes_of_a_kind_are_right():
    ends = {bool(plan.room.changes) for plan in PLANS.values()}
    values = {one.value for plan in PLANS.values() for one in plan.room.changes}
    webs = {
        tuple(bool(plan.clocks[f"web process {number}"]) for number in range(2))
        for plan in PLANS.values()
    }

    assert ends == {True, False}
    assert min(values) >= ENDS_FROM_S
    assert {(True, True), (False, True), (False, False)} == webs


@pytest.mark.parametrize(
    ("readings", "most_s"),
    [
        ([(0.0, []), (0.5, []), (1.0, [])], 0.5),
        # It came after 0.0 s at the earliest, and left before 2.0 s.
        ([(0.0, []), (0.5, [b"a"]), (1.5, [b"a", b"b"]), (2.0, [b"b"])], 2.0),
        ([(0.0, [b"a"]), (0.5, [b"b"]), (1.0, [b"b"]), (4.0, [])], 4.0),
    ],
)
def test_the_first_job_has_waited_no_longer_than_since_it_may_have_come(readings, most_s):
    ages = QueueAges()

    for at_s, jobs in readings:
        ages.note(at_s, jobs)

    assert ages.most_s == most_s


def test_reports_are_counted_once_between_the_readings_that_they_came_in():
    reports = Reports()

    reports.note(1.0, [])
    reports.note(1.5, [b"170 12.5 30"])
    reports.note(2.5, [b"169 9.0 4", b"171 10.0 20", b"170 12.5 30"])
    reports.note(3.0, [b"169 9.0 4", b"171 10.0 20", b"170 12.5 30"])

    assert reports.found == [
        Reported(1.0, 1.0, 0),
        Reported(1.0, 1.5, 30),
        Reported(1.5, 2.5, 24),
        Reported(2.5, 3.0, 0),
    ]
