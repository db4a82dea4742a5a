"""Gaps: the longest times in which nobody entered, and nobody was issued a coupon. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.faults.evidence import Evidence


def gaps_of(seen: Evidence, *, come_within_s: float) -> dict[str, float]:
    """In seconds. Entering counts while members come, issuing from the first coupon to the last."""
    entered = [
        one.at_s
        for member in seen.members
        for one in member.answers
        if one.call == "enter" and one.at_s <= come_within_s and _is_answered(one.said)
    ]
    issued = [row.committed_s for row in seen.rows]
    return {"enter": _longest([*entered, come_within_s]), "issue": _longest(issued)}


def _is_answered(said: str) -> bool:
    return said != "unavailable" and not said.startswith(("no answer", "unclear"))


def _longest(times_s: Sequence[float]) -> float:
    between = (after - before for before, after in pairwise(sorted(times_s)))
    return round(max(between, default=0.0), 1)


def table_of_gaps(kinds: Mapping[int, str], results: Sequence[Mapping[str, Any]]) -> str:
    """The least and the longest gap of each kind of fault. kinds: by seed."""
    found: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for result in results:
        found[kinds[result["seed"]]].append(result["gaps"])
    return "\n".join(f"{kind:15}{_ranges(some)}" for kind, some in found.items())


def _ranges(gaps: Sequence[Mapping[str, float]]) -> str:
    return ", ".join(
        f"no {what} for {min(one[what] for one in gaps)} to {max(one[what] for one in gaps)} s"
        for what in gaps[0]
    )
