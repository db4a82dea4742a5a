"""Judge: rebuilds from a room's records how many visits lived at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from waitroom.line import Line
from waitroom.visits.visit import Visit


async def list_all(line: Line, code: str, limit: int = 1_000) -> list[Visit]:
    """All visits that Redis knows of, page by page."""
    found: list[Visit] = []
    while page := await line.visits.list_visits(
        code, after=found[-1].visit_id if found else "", limit=limit
    ):
        found += page
    return found


def overlap_max(visits: Iterable[Visit]) -> int:
    """The greatest number of visits that live at one moment; each lives in [claimed, ended)."""
    changes: list[tuple[int, int]] = []
    for visit in visits:
        changes.append((visit.claimed_at_us, 1))
        changes.append((visit.ended_at_us or visit.ends_at_us, -1))
    inside, most = 0, 0
    for _, change in sorted(changes):  # an end comes before a claim of the same microsecond
        inside += change
        most = max(most, inside)
    return most


def percentile(values: Sequence[float], share: float) -> float:
    """0 of no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
