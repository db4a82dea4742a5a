"""Evidence: all observations of one run, by which the promises are judged. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from domain.draw import NUMBERS
from tests.faults.admin_changes import MadeChange
from tests.faults.clocks import ClockSeen
from tests.faults.members import Answer, Record
from tests.faults.openings import ChangeKind

# The violations of one promise: a subject, and how it was violated.
Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """An issued coupon in Postgres. committed_s: by Postgres' clock, seconds after the crowd set
    out; 0 if not read.
    """

    id: str
    member_id: str
    committed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerRefusal:
    """A refusal that a worker committed to Postgres. admitted_us: the admission that it ended, by
    Redis' clock. committed_s: as in Row.
    """

    member_id: str
    said: str
    admitted_us: int
    committed_s: float


class Decided(NamedTuple):
    """A decision of the autopilot."""

    reason: str
    queue_age_s: float
    issued_per_s: float


class Step(NamedTuple):
    """The number of the autopilot's last step, read at_s after the crowd set out."""

    at_s: float
    number: int


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A replica took over at at_s. survivors: the members whom it knew then. unacknowledged: the
    number of places counted so.
    """

    at_s: float
    survivors: Collection[str]
    unacknowledged: int


class Reported(NamedTuple):
    """How many members workers reported between these times."""

    since_s: float
    until_s: float
    members: int


@dataclass(frozen=True)
class Evidence:
    """The observations of one run.

    once_more: each member's answer when they entered again, after all faults were over.
    connections: samples of our connections to Postgres. crowded: for each sample above the bound,
    by its index, a line about each connection. found, left: the differences that
    `reconcile --repair` found and left. fell_over: processes that ended by themselves. forgets:
    Redis lost data.

    holders_before: members with a row before `once_more`. opens_s: the planned opening; 0: open
    from the start. changes: by the admin, in order. in_force: of each field that the admin set, the
    expected and the final value. numbers: of each entrant of the draw; None without a draw.
    is_draw: a draw was planned. clocks: of each process. lost_bytes: of the writes that a failover
    lost; None without one. effects: of each fault of a host, the processes that were stopped or
    killed, or the calls of a store that failed or had to wait.

    worker_refusals: all in Postgres. losses_s: when each loss of Redis began and ended. kept:
    members whose worker's refusal Redis still had before `once_more`.

    ends_s: when the room ends, where clocks alone are wrong; else None. decisions, autopilot_steps:
    of the room's autopilot then. queue_age_max_s: the most that a job can have waited. reported:
    by workers, also those whom a lease has enqueued twice.

    taken_over: when a replica took over for which entering waits; else None.
    """

    total_count: int
    members: Sequence[Record]
    rows: Sequence[Row]
    used_count: int
    once_more: Mapping[str, Answer]
    connections: Sequence[int] = ()
    crowded: Mapping[int, Sequence[str]] = field(default_factory=dict)
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
    lost_bytes: int | None = None
    worker_refusals: Sequence[WorkerRefusal] = ()
    losses_s: Sequence[tuple[float, float]] = ()
    kept: Collection[str] = ()
    ends_s: float | None = None
    decisions: Sequence[Decided] = ()
    autopilot_steps: Sequence[Step] = ()
    queue_age_max_s: float = 0.0
    reported: Sequence[Reported] = ()
    taken_over: TakenOver | None = None
    effects: Mapping[str, int] = field(default_factory=dict)

    def made(self, *kinds: ChangeKind) -> list[MadeChange]:
        """The changes of these kinds that were made, in order."""
        return [one for one in self.changes if one.is_made and one.kind in kinds]

    def reopened_s(self, refused: str, after_s: float) -> float:
        """When an admin first reopened to members who were refused so at after_s; else infinity."""
        again = [(one.asked_s, one.over_s) for one in self.changes if one.reopens_after(refused)]
        return min((at_s for at_s, over_s in again if over_s >= after_s), default=float("inf"))

    @cached_property
    def _refusals_of(self) -> Mapping[str, list[WorkerRefusal]]:
        """By member, in the order of their commits."""
        found: dict[str, list[WorkerRefusal]] = {}
        for one in sorted(self.worker_refusals, key=lambda one: one.committed_s):
            found.setdefault(one.member_id, []).append(one)
        return found

    def committed_s(self, member: Record, refused: Answer) -> float | None:
        """When a worker committed the refusal that this answer repeats.

        None if the line decided it as it answered, by the state of the room: at entry, for a place
        that is later than the admission, or after Redis lost what the worker reported.
        """
        for one in reversed(self._refusals_of.get(member.member_id, ())):
            is_lost = member.member_id not in self.kept and any(
                one.committed_s <= until_s and from_s <= refused.asked_s
                for from_s, until_s in self.losses_s
            )
            if (
                refused.call == "place"
                and one.said == refused.said
                and one.committed_s <= refused.at_s
                and one.admitted_us >= refused.shown_us
                and not is_lost
            ):
                return one.committed_s
        return None

    @cached_property
    def openings(self) -> list[tuple[float, float, float]]:
        """Each opening, with the earliest start and the latest end of its validity."""
        changes = self.made("put off", "bring forward")
        starts = [float("-inf"), *(one.asked_s for one in changes)]
        ends = [*(one.over_s for one in changes), float("inf")]
        times = [self.opens_s, *(one.value for one in changes)]
        return list(zip(times, starts, ends, strict=True))

    def claim(self, member: Record) -> int:
        """Their rightful position: smaller is sooner; 0 without a place.

        Their number if they were in the draw; else the arrival on their first ticket, or on a later
        one that they got without showing a ticket. Before the draw a ticket has a negative mark
        instead of the number.
        """
        claim = 0
        for one in member.answers:
            if one.arrival_us and not (claim > 0 and one.shown_us):
                claim = one.arrival_us
        if 0 < claim < NUMBERS:
            return claim
        return (self.numbers or {}).get(member.member_id, max(claim, 0))
