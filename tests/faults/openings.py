"""Openings: draws from a seed when a room opens, its order, and an admin's changes. No I/O."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

ChangeKind = Literal[
    "put off", "bring forward", "end early", "put the end off",
    "more stock", "less stock", "close", "pause", "drain", "open",
]  # fmt: skip
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
OF_THE_END: tuple[ChangeKind, ...] = ("end early", "put the end off")
Order = Literal["first_come", "draw"]

# The share of rooms that are open before the crowd sets out.
OPEN_ALREADY = 0.25
OPENS_FROM_S, OPENS_UNTIL_S = 5.0, 10.0
LATEST_OPENING_S = 14.0
# The lobby opens before the run, or so many seconds before the opening.
LOBBY_LONG_S, LOBBY_SHORT_S = 900, 3
END_FROM_S, END_UNTIL_S = 15.0, 18.5


@dataclass(frozen=True, slots=True)
class AdminChange:
    """A change at at_s.

    value: the new opening or end, in seconds after the crowd sets out; for more stock, how many to
    add; for less stock, how many to leave beyond the issued ones.
    """

    at_s: float
    kind: ChangeKind
    value: float = 0.0

    def __str__(self) -> str:
        value = f" ({self.value:g})" if self.value else ""
        return f"{self.at_s:5.1f} s  admin: {self.kind}{value}"


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """opens_s: seconds after the crowd sets out; 0: open before."""

    opens_s: float
    order: Order = "first_come"
    lobby_s: int = LOBBY_LONG_S
    changes: tuple[AdminChange, ...] = ()

    def with_changes(self, changes: Iterable[AdminChange]) -> RoomPlan:
        return replace(self, changes=tuple(changes))

    def __str__(self) -> str:
        if not self.opens_s:
            return "open already"
        return f"opens at {self.opens_s:.1f} s, {self.order}, lobby of {self.lobby_s} s"


def draw_room(chance: random.Random) -> RoomPlan:
    if chance.random() < OPEN_ALREADY:
        return RoomPlan(0.0)
    return RoomPlan(
        opens_s=round(chance.uniform(OPENS_FROM_S, OPENS_UNTIL_S), 2),
        order=chance.choice(("first_come", "draw")),
        lobby_s=chance.choice((LOBBY_LONG_S, LOBBY_LONG_S, LOBBY_SHORT_S)),
    )


def draw_changes(chance: random.Random, room: RoomPlan) -> list[AdminChange]:
    """Changes of times, stock and state, in order of time."""
    changes = [*_of_times(chance, room), *_of_stock(chance, room), *_of_state(chance)]
    return sorted(changes, key=lambda change: change.at_s)


def _of_times(chance: random.Random, room: RoomPlan) -> list[AdminChange]:
    """The API may refuse these as too late: times are fixed once issuing has started."""
    opens_s = room.opens_s
    if not opens_s:
        return []
    kind = chance.choice(("put off", "put off", "bring forward", "end early", None))
    if kind == "put off":
        # Also just after the opening: until the first coupon is issued it is not too late.
        at_s = opens_s + chance.uniform(-2.5, 1.5)
        later_s = min(max(opens_s, at_s) + chance.uniform(1.5, 4.0), LATEST_OPENING_S)
        return [_change(at_s, kind, later_s)]
    if kind == "bring forward":
        at_s = chance.uniform(1.0, opens_s - 2.0)
        return [_change(at_s, kind, chance.uniform(at_s + 0.5, opens_s - 0.5))]
    if kind == "end early":
        changes = [_change(chance.uniform(1.0, 4.0), kind, chance.uniform(END_FROM_S, END_UNTIL_S))]
        if chance.random() < 0.3:
            changes.append(_change(chance.uniform(13.0, 19.5), "put the end off", 3_600.0))
        return changes
    return []


def _of_stock(chance: random.Random, room: RoomPlan) -> list[AdminChange]:
    """More at any time; less only once some are issued, and then mostly more again."""
    drawn = chance.random()
    if drawn < 0.3:
        return []
    if drawn < 0.5:
        return [_change(chance.uniform(1.0, 19.0), "more stock", chance.randint(10, 60))]
    less_at_s = chance.uniform(room.opens_s + 3.0, 16.0)
    changes = [_change(less_at_s, "less stock", chance.randint(1, 40))]
    if chance.random() < 0.75:
        at_s = less_at_s + chance.uniform(1.0, 3.5)
        changes.append(_change(at_s, "more stock", chance.randint(50, 250)))
    return changes


def _of_state(chance: random.Random) -> list[AdminChange]:
    """Another state for a while, then open again; sometimes closed for good."""
    kind = chance.choice(("close", "pause", "drain", None, None))
    if kind is None:
        return []
    at_s = chance.uniform(3.0, 16.0)
    changes = [_change(at_s, kind)]
    if kind != "close" or chance.random() < 0.7:
        changes.append(_change(at_s + chance.uniform(0.5, 3.0), "open"))
    return changes


def _change(at_s: float, kind: ChangeKind, value: float = 0.0) -> AdminChange:
    return AdminChange(round(at_s, 2), kind, round(value, 2))
