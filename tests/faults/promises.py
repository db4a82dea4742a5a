"""Promises: what members were told and what Postgres has, held against each promise. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults.members import Answer, Record

# Who asks at least so often, answered or not, has kept asking.
KEPT_ASKING_S = 10.0
# A queue keeps the jobs that failed while Postgres was away; their members were fed again.
EXPECTED_DIFFERENCES = frozenset({"job_failed"})


@dataclass(frozen=True, slots=True)
class Row:
    """An issued coupon, as Postgres has it."""

    id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one run.

    once_more: what each was told when asked again, after everything was whole again. connections:
    of ours to Postgres, sampled one after another. found, left: what `reconcile` named before and
    after mending. fell_over: processes that ended without being told to. forgets: Redis lost
    something, so that it had to be told again.
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


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was not kept: to whom (or what), and how."""

    promise: str
    subject: str
    how: str


def judge(evidence: Evidence) -> list[Broken]:
    """Each promise that was broken, once for each subject; empty where all were kept."""
    return [
        Broken(promise, subject, how)
        for promise, broken_in in PROMISES.items()
        for subject, how in broken_in(evidence)
    ]


Found = Iterator[tuple[str, str]]


def _over_issued(seen: Evidence) -> Found:
    if len(seen.rows) > seen.total_count:
        yield "rows", f"{len(seen.rows)} of {seen.total_count}"


def _twice(seen: Evidence) -> Found:
    rows = Counter(row.member_id for row in seen.rows)
    for member in seen.members:
        told = {one.coupon_id for one in _all_of(seen, member) if one.coupon_id}
        if rows[member.member_id] > 1 or len(told) > 1:
            yield member.member_id, f"{rows[member.member_id]} rows, told of {len(told)}"


def _told_without_row(seen: Evidence) -> Found:
    rows = {(row.id, row.member_id) for row in seen.rows}
    for member in seen.members:
        for one in _all_of(seen, member):
            if one.coupon_id and (one.coupon_id, member.member_id) not in rows:
                yield member.member_id, f"was told of {one.coupon_id} at {one.at_s:.1f} s"
                break


def _row_untold(seen: Evidence) -> Found:
    """Judged once everybody was asked again."""
    for row in seen.rows:
        last = seen.once_more.get(row.member_id)
        if last is None or last.coupon_id != row.id:
            yield row.member_id, f"holds {row.id}, and was told: {last.said if last else 'nothing'}"


def _overtaken(seen: Evidence) -> Found:
    """Refused as sold out, having kept asking, while somebody with a later ticket got one."""
    holders = {row.member_id for row in seen.rows}
    got = [arrival for one in seen.members if one.member_id in holders if (arrival := _claim(one))]
    last_got = max(got, default=0)
    for member in seen.members:
        claim = _claim(member)
        refused = member.member_id not in holders and member.final == "sold_out"
        if refused and claim and claim < last_got and _kept_asking(member):
            yield member.member_id, f"arrived at {claim}, and {last_got} got one"


def _moved(seen: Evidence) -> Found:
    """Whoever shows a ticket has the place that it says; and nobody has two, unless Redis forgot
    the first while a request without a ticket was under way.
    """
    for member in seen.members:
        given = [one for one in member.answers if one.arrival_us]
        arrivals = {one.arrival_us for one in given}
        moved = [one for one in given if one.shown_us not in (0, one.arrival_us)]
        if moved or (len(arrivals) > 1 and not seen.forgets):
            yield member.member_id, f"arrived at {', '.join(map(str, sorted(arrivals)))}"


def _set_back(seen: Evidence) -> Found:
    """Nobody who asks again is further back than they were: unless others got places back."""
    if seen.forgets:
        return
    for member in seen.members:
        waiting = [one for one in member.answers if one.ahead is not None]
        for before, after in pairwise(sorted(waiting, key=lambda one: one.asked_s)):
            # Asked at the same time (a double click), either may be the earlier one.
            if after.asked_s >= before.at_s and (after.ahead or 0) > (before.ahead or 0):
                yield member.member_id, f"{before.ahead} ahead, then {after.ahead}"
                break


def _forgotten(seen: Evidence) -> Found:
    for member in seen.members:
        if member.final is None:
            last = str(member.answers[-1]) if member.answers else "never answered"
            yield member.member_id, last


def _took_back(seen: Evidence) -> Found:
    """A final word is final."""
    for member in seen.members:
        last = seen.once_more.get(member.member_id)
        if member.final and last and last.said != member.final:
            yield member.member_id, f"was told {member.final}, then {last.said}"


def _left_over(seen: Evidence) -> Found:
    """Nobody is told that it is sold out while one is left."""
    refused = sum(one.final == "sold_out" for one in seen.members)
    if refused and len(seen.rows) < seen.total_count:
        yield "rows", f"{len(seen.rows)} of {seen.total_count}, {refused} were told: sold out"


def _unclear(seen: Evidence) -> Found:
    """What is away is said in a documented way; nothing fails without a word."""
    said = Counter(one.said for member in seen.members for one in member.answers)
    for words, count in said.items():
        if words.startswith("unclear"):
            yield f"{count} answers", words


def _above_bound(seen: Evidence) -> Found:
    """Two samples running: a connection whose owner was killed takes a moment to be noticed."""
    most = max((min(pair) for pair in pairwise(seen.connections)), default=0)
    if most > seen.connections_bound:
        yield "connections", f"{most}, bound {seen.connections_bound}"


def _used_count_off(seen: Evidence) -> Found:
    if seen.used_count != len(seen.rows):
        yield "used_count", f"{seen.used_count}, rows {len(seen.rows)}"


def _differs(seen: Evidence) -> Found:
    """`waitroom reconcile` finds nothing, beyond failed jobs, and leaves nothing."""
    for kind, subjects in seen.found.items():
        if kind not in EXPECTED_DIFFERENCES:
            yield kind, f"found {len(subjects)}: {', '.join(subjects[:3])}"
    for kind, subjects in seen.left.items():
        yield kind, f"left {len(subjects)}: {', '.join(subjects[:3])}"


def _fell_over(seen: Evidence) -> Found:
    for what in seen.fell_over:
        yield what, "ended without being told to"


PROMISES: dict[str, Callable[[Evidence], Found]] = {
    "over-issued": _over_issued,
    "twice": _twice,
    "told without a row": _told_without_row,
    "row untold": _row_untold,
    "overtaken": _overtaken,
    "moved": _moved,
    "set back": _set_back,
    "forgotten": _forgotten,
    "took back": _took_back,
    "left over": _left_over,
    "unclear": _unclear,
    "above the bound": _above_bound,
    "used_count off": _used_count_off,
    "differs": _differs,
    "fell over": _fell_over,
}


def _all_of(seen: Evidence, member: Record) -> list[Answer]:
    last = seen.once_more.get(member.member_id)
    return [*member.answers, *([last] if last else [])]


def _claim(member: Record) -> int:
    """The arrival on their first ticket, or on a later one that they got without showing any; 0
    for who never had one.
    """
    claim = 0
    for one in member.answers:
        if one.arrival_us and not (claim and one.shown_us):
            claim = one.arrival_us
    return claim


def _kept_asking(member: Record) -> bool:
    return all(
        after.asked_s - before.at_s <= KEPT_ASKING_S for before, after in pairwise(member.answers)
    )
