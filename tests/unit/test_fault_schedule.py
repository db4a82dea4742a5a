from itertools import pairwise

from tests.faults.schedule import (
    BEGINS_S,
    FAULTS_MAX,
    FAULTS_MIN,
    HEALED_S,
    LOSSES,
    REST_S,
    TARGETS,
    Fault,
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
