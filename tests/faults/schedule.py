"""Schedule: a seed becomes a plan of what breaks, how, when, and for how long. Pure.

The same seed gives the same plan. What the processes do between two faults is the machine's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

Target = Literal[
    "web", "web process", "admitter", "worker", "workers",
    "redis", "postgres", "redis link", "postgres link",
]  # fmt: skip
Kind = Literal[
    "kill", "stop", "restart", "refuse", "hang", "reset", "slow", "lose a second", "lose all"
]
TARGETS: tuple[Target, ...] = get_args(Target)

# From when on something may break, and when all is whole again; seconds after the crowd sets out.
BEGINS_S = 1.0
HEALED_S = 20.0
FAULTS_MIN, FAULTS_MAX = 5, 8
# Between two faults of one part, so that it is there again before the next one.
REST_S = 1.5
# How long each kind lasts: a killed part stays away for so long, a lost second takes none.
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
# One of the two workers, or both at once.
_PARTS = {"workers": "worker"}
# What Redis forgets is lost for good, unless members' tickets bring it back.
LOSSES: tuple[Kind, ...] = ("lose a second", "lose all")


@dataclass(frozen=True, slots=True)
class Fault:
    """at_s after the crowd sets out, for length_s. `which` chooses among several of a target."""

    at_s: float
    target: Target
    kind: Kind
    length_s: float
    which: int

    @property
    def part(self) -> str:
        """Two faults of one part never overlap; those of different parts may."""
        first = self.target.split(" ")[0]
        return _PARTS.get(first, first)

    @property
    def ends_s(self) -> float:
        return self.at_s + self.length_s

    def __str__(self) -> str:
        lasts = f" for {self.length_s:.1f} s" if self.length_s else ""
        return f"{self.at_s:5.1f} s  {self.target}: {self.kind}{lasts}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed stands for: the faults in order of time, and the house they happen to."""

    seed: int
    faults: tuple[Fault, ...]
    admitters: int
    rate_per_s: int


def draw(seed: int, *, losses: bool = True) -> Plan:
    """The plan of this seed. losses: Redis may also lose its last second, or everything."""
    chance = random.Random(seed)
    faults: list[Fault] = []
    wanted = chance.randint(FAULTS_MIN, FAULTS_MAX)
    while len(faults) < wanted:
        fault = _draw_one(chance, losses)
        if not any(_clash(fault, other) for other in faults):
            faults.append(fault)
    return Plan(
        seed=seed,
        faults=tuple(sorted(faults, key=lambda fault: fault.at_s)),
        admitters=chance.randint(1, 2),
        # 500 coupons are gone within the faults, or soon after them.
        rate_per_s=chance.randint(25, 60),
    )


def kinds_of(target: Target, *, losses: bool) -> tuple[Kind, ...]:
    more = LOSSES if losses and target == "redis" else ()
    return (*_KINDS[target], *more)


def _draw_one(chance: random.Random, losses: bool) -> Fault:
    target = chance.choice(TARGETS)
    kind = chance.choice(kinds_of(target, losses=losses))
    shortest, longest = _LENGTHS_S[kind]
    length_s = round(chance.uniform(shortest, longest), 2)
    at_s = round(chance.uniform(BEGINS_S, HEALED_S - length_s), 2)
    return Fault(at_s, target, kind, length_s, chance.randrange(1_000))


def _clash(one: Fault, other: Fault) -> bool:
    if one.part != other.part:
        return False
    return one.at_s < other.ends_s + REST_S and other.at_s < one.ends_s + REST_S
