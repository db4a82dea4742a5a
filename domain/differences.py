"""Differences: what the line believes held against what Postgres has; pure comparison.

The kinds, and what each of them would do to somebody:
- told_without_row: told "yours", and nobody has written it down.
- row_not_told: holds a coupon, and was never told.
- used_count_off: the stock does not say how many rows there are.
- line_count_off: the line counts others than Postgres has committed.
- outcome_overdue: let through, and without an outcome for longer than the lease.
- job_failed: a batch that failed, still kept by the queue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "told_without_row", "row_not_told", "used_count_off", "line_count_off", "outcome_overdue",
    "job_failed",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
EXAMPLES_MAX = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One of a kind: about a member, a job, or the two counts that differ."""

    kind: Kind
    subject: str


@dataclass(frozen=True, slots=True)
class Counts:
    """The stock of one coupon at one moment: as written down, its rows, and as the line has it."""

    used: int
    rows: int
    line: int


def told_without_row(told: Collection[str], holders: Collection[str]) -> list[Difference]:
    """`told` was read first: what was committed before it was told is among the holders."""
    have = set(holders)
    return [Difference("told_without_row", one) for one in told if one not in have]


def row_not_told(
    holders: Sequence[str], told: Collection[str], under_way: Collection[str]
) -> list[Difference]:
    """Who is admitted within their lease is being told, or will be fed again."""
    known = {*told, *under_way}
    return [Difference("row_not_told", one) for one in holders if one not in known]


def counts_off(before: Counts, after: Counts) -> list[Difference]:
    """Of two looks. The stock and its rows are of one moment, so they differ in no moment.

    The line is read before Postgres: it never has more, and has less only until it is told.
    """
    found = []
    if after.used != after.rows:
        found.append(Difference("used_count_off", f"used_count {after.used}, rows {after.rows}"))
    if after.line > after.used or after.line < before.used:
        words = f"line {after.line}, Postgres {after.used}"
        found.append(Difference("line_count_off", words))
    return found


def in_both(first: Sequence[Difference], second: Sequence[Difference]) -> list[Difference]:
    """What was still so at the second look: what was merely under way is gone by then."""
    again = set(second)
    return [one for one in first if one in again]


def by_kind(found: Sequence[Difference]) -> Mapping[Kind, list[str]]:
    """The subjects of each kind, in the order of the kinds; a kind without any is not there."""
    sorted_: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    for one in found:
        sorted_[one.kind].append(one.subject)
    return {kind: subjects for kind, subjects in sorted_.items() if subjects}
