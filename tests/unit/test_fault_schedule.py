from itertools import pairwise

from tests.faults.openings import CHANGE_KINDS, LATEST_OPENING_S
from tests.faults.schedule import (
    BEGINS_S,
    FAULTS_MAX,
    FAULTS_MIN,
    HEALED_S,
    LOSSES,
    OFFSETS_S,
    OUTAGES,
    REST_S,
    TARGETS,
    ClockStep,
    Fault,
    clock_names,
    draw,
    kinds_of,
)

SEEDS = range(1, 201)


def test_the_same_seed_gives_the_same_plan():
    assert [draw(seed) for seed in SEEDS] == [draw(seed) for seed in SEEDS]


def test_another_seed_gives_another_plan():
    assert len({draw(seed).faults for seed in SEEDS}) == len(SEEDS)


def test_each_plan_has_enough_faults_all_over_in_time():
    for plan in map(draw, SEEDS):
        times = [fault.at_s for fault in plan.faults]

        assert FAULTS_MIN <= len(times) <= FAULTS_MAX
        assert times == sorted(times)
        assert times[0] >= BEGINS_S
        assert max(fault.ends_s for fault in plan.faults) <= HEALED_S


def test_one_part_has_a_rest_between_two_faults():
    by_part: dict[tuple[int, str], list[Fault]] = {}
    for seed in SEEDS:
        for fault in draw(seed).faults:
            by_part.setdefault((seed, fault.part), []).append(fault)

    pairs = [pair for faults in by_part.values() for pair in pairwise(faults)]

    assert pairs
    assert min(after.at_s - before.ends_s for before, after in pairs) >= REST_S


def test_everything_is_broken_in_every_way_by_some_seed():
    drawn = {(fault.target, fault.kind) for seed in SEEDS for fault in draw(seed).faults}

    assert drawn == {(target, kind) for target in TARGETS for kind in kinds_of(target, losses=True)}


def test_losses_can_be_left_out():
    without = {fault.kind for seed in SEEDS for fault in draw(seed, losses=False).faults}

    assert without
    assert not without & set(LOSSES)


def test_every_process_has_a_clock_that_is_off():
    for plan in map(draw, SEEDS):
        assert list(plan.clocks) == clock_names(plan.admitters)
        assert set(plan.clocks.values()) <= set(OFFSETS_S)

    offsets = {(name, off_s) for seed in SEEDS for name, off_s in draw(seed).clocks.items()}
    assert offsets == {(name, off_s) for name in clock_names(2) for off_s in OFFSETS_S}


def test_some_clocks_are_stepped_in_mid_run_each_once():
    steps: list[tuple[int, ClockStep]] = [(seed, one) for seed in SEEDS for one in draw(seed).steps]

    assert steps
    assert len({(seed, step.clock) for seed, step in steps}) == len(steps)
    for seed, step in steps:
        assert BEGINS_S < step.at_s < HEALED_S
        assert step.offset_s != draw(seed).clocks[step.clock]


def test_rooms_are_open_already_or_open_in_mid_run_first_come_or_by_draw():
    rooms = [draw(seed).room for seed in SEEDS]

    assert {(bool(room.opens_s), room.order) for room in rooms} == {
        (False, "first_come"),
        (True, "first_come"),
        (True, "draw"),
    }
    assert any(room.opens_s > room.lobby_s for room in rooms if room.opens_s)
    assert max(room.opens_s for room in rooms) < LATEST_OPENING_S


def test_faults_come_before_an_opening_at_it_and_after_it():
    when = set()
    for plan in map(draw, SEEDS):
        opens_s = plan.room.opens_s
        for fault in plan.faults if opens_s else ():
            lobby_s = opens_s - plan.room.lobby_s
            if fault.ends_s < opens_s:
                when.add("before the lobby" if fault.ends_s < lobby_s else "in the lobby")
            else:
                when.add("after" if fault.at_s > opens_s else "at")

    assert when == {"before the lobby", "in the lobby", "at", "after"}


def test_an_admin_changes_everything_in_some_seed_also_while_nobody_issues():
    changes = [(draw(seed), change) for seed in SEEDS for change in draw(seed).room.changes]
    in_outage = {
        change.kind
        for plan, change in changes
        for fault in plan.faults
        if (fault.target, fault.kind) in OUTAGES and fault.at_s < change.at_s < fault.ends_s
    }

    assert {change.kind for _, change in changes} == set(CHANGE_KINDS)
    assert in_outage == set(CHANGE_KINDS)


def test_changes_are_over_before_all_is_whole():
    for plan in map(draw, SEEDS):
        times = [change.at_s for change in plan.room.changes]

        assert times == sorted(times)
        assert all(BEGINS_S <= at_s < HEALED_S for at_s in times)


def test_an_opening_is_put_off_before_it_and_just_after_it():
    put_off = [
        (plan.room.opens_s, change)
        for plan in map(draw, SEEDS)
        for change in plan.room.changes
        if change.kind == "put off"
    ]

    assert {change.at_s < opens_s for opens_s, change in put_off} == {True, False}
    assert all(change.value > max(opens_s, change.at_s) for opens_s, change in put_off)
