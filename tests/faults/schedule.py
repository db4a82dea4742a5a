"""Schedule: turns a seed into a plan of faults: what, how, when, and for how long. No I/O.

The same seed gives the same plan, though the processes' timing differs from run to run.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tests.faults.openings import OF_THE_END, RoomPlan, draw_changes, draw_room

Target = Literal[
    "web", "web process", "admitter", "worker", "workers",
    "redis", "postgres", "redis link", "postgres link", "host",
]  # fmt: skip
Kind = Literal[
    "kill",
    "stop",
    "restart",
    "refuse",
    "hang",
    "reset",
    "slow",
    "lose a second",
    "lose all",
    "lose the primary",
    "cut off",
    "split brain",
    "lone admitter",
]
# There are several hosts only in trials of them (`two_hosts.py`).
TARGETS: tuple[Target, ...] = tuple(one for one in get_args(Target) if one != "host")

# Faults begin and end between these; seconds after the crowd sets out.
BEGINS_S = 1.0
HEALED_S = 20.0
FAULTS_MIN, FAULTS_MAX = 5, 8
# Between two faults of one part, so that it recovers in between.
REST_S = 1.5
# The least and the most seconds that each kind lasts.
_LENGTHS_S: dict[Kind, tuple[float, float]] = {
    "kill": (0.1, 2.5),
    "stop": (0.5, 3.5),
    "restart": (0.0, 0.0),
    "refuse": (0.5, 3.5),
    "hang": (0.5, 4.0),
    "reset": (0.3, 3.0),
    "slow": (1.0, 4.0),
    "lose a second": (0.1, 1.5),
    "lose all": (0.0, 0.0),
    "lose the primary": (0.05, 1.5),
}
_OF_COMMANDS: tuple[Kind, ...] = ("kill", "stop", "restart")
_OF_LINKS: tuple[Kind, ...] = ("refuse", "hang", "reset", "slow")
_KINDS: dict[Target, tuple[Kind, ...]] = {
    "web": _OF_COMMANDS,
    "web process": ("kill", "stop"),
    "admitter": _OF_COMMANDS,
    "worker": _OF_COMMANDS,
    "workers": _OF_COMMANDS,
    "redis": _OF_COMMANDS,
    "postgres": _OF_COMMANDS,
    "redis link": _OF_LINKS,
    "postgres link": _OF_LINKS,
}
# "worker" and "workers" are the same part.
_PARTS = {"workers": "worker"}
# Redis loses data, which only members' tickets restore.
LOSSES: tuple[Kind, ...] = ("lose a second", "lose all")
# Faults during which nothing is issued, so that an admin's change meets admitted members.
OUTAGES: tuple[tuple[Target, Kind], ...] = (
    ("workers", "kill"),
    ("workers", "stop"),
    ("postgres link", "hang"),
    ("postgres", "stop"),
)
OUTAGE_MIN_S, OUTAGE_MAX_S = 2.0, 3.5
IN_OUTAGE = 0.5

WEB_PROCESSES, WORKERS = 2, 2
# The offsets of a process' clock from Redis' and Postgres'.
OFFSETS_S = (-5.0, -1.0, -0.1, 0.1, 1.0, 5.0)
STEPS_MAX = 2
# Early and late enough that the process states its time under each offset.
STEP_FROM_S, STEP_UNTIL_S = 3.0, 18.0


@dataclass(frozen=True, slots=True)
class Fault:
    """at_s: seconds after the crowd sets out. which: chooses one of several processes."""

    at_s: float
    target: Target
    kind: Kind
    length_s: float
    which: int

    @property
    def part(self) -> str:
        """Faults of one part never overlap."""
        first = self.target.split(" ")[0]
        return _PARTS.get(first, first)

    @property
    def ends_s(self) -> float:
        return self.at_s + self.length_s

    def __str__(self) -> str:
        lasts = f" for {self.length_s:.1f} s" if self.length_s else ""
        return f"{self.at_s:5.1f} s  {self.target}: {self.kind}{lasts}"


@dataclass(frozen=True, slots=True)
class ClockStep:
    """From at_s on, the clock of this name is off by offset_s."""

    at_s: float
    clock: str
    offset_s: float

    def __str__(self) -> str:
        return f"{self.at_s:5.1f} s  clock of {self.clock}: now {self.offset_s:+.1f} s"


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed's faults in order of time, and the configuration of the processes.

    clocks: each process' initial clock offset in seconds. replica_clock_s: the offset of the Redis
    that takes over; None without one. line_replicas: the setting LINE_REPLICAS. faults_min: how
    many must have been applied. judges_time: only clocks are wrong, and the room is on autopilot.
    healed_s: when all faults are over. members_come_s: within this time of setting out.
    """

    seed: int
    faults: tuple[Fault, ...]
    admitters: int
    rate_per_s: int
    clocks: Mapping[str, float]
    steps: tuple[ClockStep, ...]
    room: RoomPlan
    coupons: int = 500
    replica_clock_s: float | None = None
    faults_min: int = FAULTS_MIN
    judges_time: bool = False
    line_replicas: int = 0
    hosts: int = 1
    healed_s: float = HEALED_S
    members: int = 2_000
    members_come_s: float = 18.0


def draw(seed: int, *, losses: bool = True) -> Plan:
    """The plan of this seed. losses: Redis may also lose its last second, or everything."""
    chance = random.Random(seed)
    admitters = chance.randint(1, 2)
    room = draw_room(chance)
    clocks = {name: chance.choice(OFFSETS_S) for name in clock_names(admitters)}
    changes = draw_changes(chance, room)
    faults: list[Fault] = []
    if changes and chance.random() < IN_OUTAGE:
        faults.append(_outage_around(chance, chance.choice(changes).at_s))
    elif room.opens_s:
        faults.append(draw_one(chance, losses, during_s=room.opens_s))
    wanted = chance.randint(FAULTS_MIN, FAULTS_MAX)
    while len(faults) < wanted:
        fault = draw_one(chance, losses)
        if not any(_clash(fault, other) for other in faults):
            faults.append(fault)
    if any(fault.kind in LOSSES for fault in faults):
        # Restoring the line would take longer than until an early end.
        changes = [change for change in changes if change.kind not in OF_THE_END]
    return Plan(
        seed=seed,
        faults=tuple(sorted(faults, key=lambda fault: fault.at_s)),
        admitters=admitters,
        # So that the 500 coupons run out during the faults, or soon after.
        rate_per_s=chance.randint(25, 60),
        clocks=clocks,
        steps=_draw_steps(chance, clocks),
        room=room.with_changes(changes),
    )


def kinds_of(target: Target, *, losses: bool) -> tuple[Kind, ...]:
    more = LOSSES if losses and target == "redis" else ()
    return (*_KINDS[target], *more)


def clock_names(admitters: int) -> list[str]:
    """The clocks' names, one for each Python process, also for those of the web command."""
    return [
        "web",
        *(f"web process {number}" for number in range(WEB_PROCESSES)),
        *(f"admitter {number}" for number in range(admitters)),
        *(f"worker {number}" for number in range(WORKERS)),
    ]


def draw_one(chance: random.Random, losses: bool, during_s: float | None = None) -> Fault:
    """during_s: a time that the fault must include."""
    target = chance.choice(TARGETS)
    kind = chance.choice(kinds_of(target, losses=losses))
    shortest, longest = _LENGTHS_S[kind]
    length_s = round(chance.uniform(shortest, longest), 2)
    at_s = chance.uniform(BEGINS_S, HEALED_S - length_s)
    if during_s is not None:
        at_s = during_s - chance.uniform(0, length_s)
    return Fault(round(at_s, 2), target, kind, length_s, chance.randrange(1_000))


def _outage_around(chance: random.Random, moment_s: float) -> Fault:
    """An outage that includes this moment, when an admin makes a change."""
    target, kind = chance.choice(OUTAGES)
    length_s = round(chance.uniform(OUTAGE_MIN_S, OUTAGE_MAX_S), 2)
    at_s = max(BEGINS_S, moment_s - chance.uniform(0.3, 0.8) * length_s)
    at_s = round(min(at_s, HEALED_S - length_s), 2)
    return Fault(at_s, target, kind, length_s, chance.randrange(1_000))


def _draw_steps(chance: random.Random, clocks: Mapping[str, float]) -> tuple[ClockStep, ...]:
    # Not "web": the command itself reads the time only when it starts a process.
    names = sorted(clocks.keys() - {"web"})
    stepped = chance.sample(names, chance.randint(0, STEPS_MAX))
    steps = [
        ClockStep(
            at_s=round(chance.uniform(STEP_FROM_S, STEP_UNTIL_S), 2),
            clock=name,
            offset_s=chance.choice([one for one in OFFSETS_S if one != clocks[name]]),
        )
        for name in stepped
    ]
    return tuple(sorted(steps, key=lambda step: step.at_s))


def _clash(one: Fault, other: Fault) -> bool:
    if one.part != other.part:
        return False
    return one.at_s < other.ends_s + REST_S and other.at_s < one.ends_s + REST_S
