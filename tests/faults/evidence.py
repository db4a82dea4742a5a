"""Evidence: what was seen of one run, for the promises to be held against. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.draw import NUMBERS
from tests.faults.admin_changes import MadeChange
from tests.faults.clocks import ClockSeen
from tests.faults.members import Answer, Record
from tests.faults.openings import ChangeKind

# A subject and how: what was broken of one promise.
Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """An issued coupon, as Postgres has it. committed_s: by Postgres' clock, s after the crowd
    set out; 0 where nobody asked.
    """

    id: str
    member_id: str
    committed_s: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """What was seen of one run.

    once_more: what each was told when asked again, after everything was whole again. connections:
    of ours to Postgres, sampled one after another. found, left: what `reconcile` named before and
    after mending. fell_over: processes that ended without being told to. forgets: Redis lost
    something, so that it had to be told again.

    holders_before: who had a row when nobody had been asked once more yet. opens_s: when the room
    was to open, before any change; 0 where it was open already. changes: what an admin made, in
    order. in_force: at the end, of each field that an admin has set, what it should be and is.
    numbers: of each entrant of the draw, None where there was none. is_draw: there was to be one.
    clocks: of each process.
    """

    total_count: int
    members: Sequence[Record]
    rows: Sequence[Row]
    used_count: int
    once_more: Mapping[str, Answer]
    connections: Sequence[int] = ()
    connections_bound: int = 0
    found: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fell_over: Sequence[str] = ()
    forgets: bool = False
    holders_before: Collection[str] = ()
    opens_s: float = 0.0
    changes: Sequence[MadeChange] = ()
    in_force: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    numbers: Mapping[str, int] | None = None
    is_draw: bool = False
    clocks: Sequence[ClockSeen] = ()

    def made(self, *kinds: ChangeKind) -> list[MadeChange]:
        """The changes of these kinds that were made, in order."""
        return [one for one in self.changes if one.is_made and one.kind in kinds]

    def given_again_s(self, refused: str, after_s: float) -> float:
        """When an admin first began to give again what was refused with that word at after_s."""
        again = [(one.asked_s, one.over_s) for one in self.changes if one.gives_again(refused)]
        return min((at_s for at_s, over_s in again if over_s >= after_s), default=float("inf"))

    @cached_property
    def openings(self) -> list[tuple[float, float, float]]:
        """Each time of opening, with from when until when it may have been in force."""
        changes = self.made("put off", "bring forward")
        starts = [float("-inf"), *(one.asked_s for one in changes)]
        ends = [*(one.over_s for one in changes), float("inf")]
        times = [self.opens_s, *(one.value for one in changes)]
        return list(zip(times, starts, ends, strict=True))

    def claim(self, member: Record) -> int:
        """Where they are to stand: the smaller, the sooner; 0 for who never had a place.

        Their number, where the lobby was drawn with them in it; else the arrival on their first
        ticket, or on a later one that they got without showing any. Until the draw a ticket has a
        mark below 0 in place of the number.
        """
        claim = 0
        for one in member.answers:
            if one.arrival_us and not (claim > 0 and one.shown_us):
                claim = one.arrival_us
        if 0 < claim < NUMBERS:
            return claim
        return (self.numbers or {}).get(member.member_id, max(claim, 0))
