"""A figure, its baseline in the same round, and the median of rounds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

# Counts of what went wrong, by their names in `Row.seen`. A median would omit those of one round.
FAULTS = frozenset(
    {
        *("errors", "bare errors", "granian errors", "uvicorn errors", "place errors"),
        *("wrong", "lost places", "repeats", "twice", "ended"),
        *("others refused", "alone refused"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """`value` and `baseline` in `unit`; `seen` has further figures by name.

    baseline: None if there is nothing to compare with.
    """

    name: str
    value: float
    unit: str
    against: str = ""
    baseline: float | None = None
    seen: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None


@dataclass(frozen=True, slots=True)
class Summary:
    """The medians of all rounds of one row, its smallest and largest value, and all faults."""

    name: str
    unit: str
    value: float
    least: float
    most: float
    against: str
    baseline: float | None
    ratio: float | None
    seen: Mapping[str, float]

    @classmethod
    def from_rows(cls, rows: list[Row]) -> Summary:
        first = rows[0]
        # The machine's speed changes from round to round; a round's ratio hardly does.
        ratios = [row.ratio for row in rows if row.ratio is not None]
        baselines = [row.baseline for row in rows if row.baseline is not None]
        values = [row.value for row in rows]
        return cls(
            name=first.name,
            unit=first.unit,
            value=statistics.median(values),
            least=min(values),
            most=max(values),
            against=first.against,
            baseline=statistics.median(baselines) if baselines else None,
            ratio=statistics.median(ratios) if ratios else None,
            seen={name: _of_rounds(name, [row.seen[name] for row in rows]) for name in first.seen},
        )


def _of_rounds(name: str, values: Sequence[float]) -> float:
    return sum(values) if name in FAULTS else statistics.median(values)


def rounds(count: int, measure: Callable[[int], list[Row]]) -> list[Summary]:
    """Each round returns the same rows in the same order."""
    rows = [measure(number) for number in range(count)]
    return [Summary.from_rows(list(same)) for same in zip(*rows, strict=True)]
