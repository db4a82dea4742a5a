"""Skew: plans in which one kind of process has a wrong clock, or Redis' clock is set. No I/O."""

from __future__ import annotations

import random
from itertools import product
from typing import NamedTuple

from tests.faults.clocks import REDIS
from tests.faults.openings import AdminChange, draw_room
from tests.faults.schedule import ClockStep, Plan, clock_names

KINDS = ("web", "admitter", "worker")
OFFSETS_S = (-300.0, -5.0, -1.0, 1.0, 5.0, 300.0)
REDIS_BY_S = (-10.0, 10.0)
# Redis' clock decides when the room opens, so it is set after that.
SET_AFTER_S, SET_WITHIN_S = 1.0, 6.0
# In half of the other runs the room ends while members wait.
ENDS_FROM_S, ENDS_UNTIL_S = 14.0, 16.5


class Case(NamedTuple):
    """What is off, and by how much."""

    what: str
    off_by_s: float


CASES = [
    *(Case(kind, off_by_s) for off_by_s, kind in product(OFFSETS_S, KINDS)),
    *(Case(REDIS, by_s) for by_s in REDIS_BY_S),
]


def case_of(seed: int) -> Case:
    """Of each len(CASES) seeds in a row one has each case."""
    return CASES[(seed - 1) % len(CASES)]


def draw_skew(seed: int) -> Plan:
    """The plan of this seed. Nothing else fails, so that a wrong clock has to explain all."""
    chance = random.Random(f"a skewed clock, {seed}")
    what, off_by_s = case_of(seed)
    admitters = chance.randint(1, 2)
    room = draw_room(chance)
    own = [name for name in clock_names(admitters) if name.startswith(what)]
    # The others of its kind are right, in half of the runs.
    off = own if chance.random() < 0.5 else [own[-1]] if own else []
    clocks = {name: off_by_s if name in off else 0.0 for name in clock_names(admitters)}
    steps: tuple[ClockStep, ...] = ()
    if what == REDIS:
        at_s = room.opens_s + SET_AFTER_S + chance.uniform(0.0, SET_WITHIN_S)
        steps = (ClockStep(round(at_s, 2), REDIS, off_by_s),)
    elif chance.random() < 0.5:
        ends_s = round(chance.uniform(ENDS_FROM_S, ENDS_UNTIL_S), 2)
        room = room.with_changes([AdminChange(1.0, "end early", ends_s)])
    return Plan(
        seed=seed,
        faults=(),
        admitters=admitters,
        rate_per_s=chance.randint(25, 45),
        clocks=clocks,
        steps=steps,
        room=room,
        faults_min=0,
        judges_time=True,
    )
