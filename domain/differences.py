"""Differences: compares what the line (Redis) has recorded with what Postgres has committed.

The kinds:
- told_without_row: the line tells a member that they have a coupon, and Postgres has no row.
- row_not_told: Postgres has a member's row, and the line has no outcome for them.
- used_count_off: used_count differs from the number of rows.
- line_count_off: the line's count of issued coupons differs from Postgres'.
- outcome_overdue: an admitted member has had no outcome for longer than the lease.
- job_failed: a failed batch that the queue still keeps.
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
    """subject: a member's id, a job's id, or both counts as text."""

    kind: Kind
    subject: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of one coupon are issued at one moment: used_count, rows, and the line's count."""

    used: int
    rows: int
    line: int


def told_without_row(told: Collection[str], holders: Collection[str]) -> list[Difference]:
    """Read `told` before `holders`: a row is committed before the line learns of it."""
    have = set(holders)
    return [Difference("told_without_row", one) for one in told if one not in have]


def row_not_told(
    holders: Sequence[str], told: Collection[str], under_way: Collection[str]
) -> list[Difference]:
    """under_way: members admitted within their lease; their outcome may still come."""
    known = {*told, *under_way}
    return [Difference("row_not_told", one) for one in holders if one not in known]


def counts_off(before: Counts, after: Counts) -> list[Difference]:
    """Compare two successive readings of the counts.

    One statement reads used_count and the rows, so these must be equal at any time. The line is
    read before Postgres: its count is never higher, and lower only until outcomes are reported.
    """
    found = []
    if after.used != after.rows:
        found.append(Difference("used_count_off", f"used_count {after.used}, rows {after.rows}"))
    if after.line > after.used or after.line < before.used:
        words = f"line {after.line}, Postgres {after.used}"
        found.append(Difference("line_count_off", words))
    return found


def in_both(first: Sequence[Difference], second: Sequence[Difference]) -> list[Difference]:
    """The differences that two readings share; one alone may show a move under way."""
    again = set(second)
    return [one for one in first if one in again]


def by_kind(found: Sequence[Difference]) -> Mapping[Kind, list[str]]:
    """The subjects of each kind, in the order of KINDS; kinds without any are left out."""
    sorted_: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    for one in found:
        sorted_[one.kind].append(one.subject)
    return {kind: subjects for kind, subjects in sorted_.items() if subjects}
