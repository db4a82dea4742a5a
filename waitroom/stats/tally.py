"""Tally: what a room has counted and timed since its beginning. Nothing else reads that hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LatencyTotals:
    """How long something took since the beginning: counts of steps
    (`waitroom.stats.latency_histogram`), and all.
    """

    steps: Mapping[int, int]
    sum_s: float


class Tally:
    """The hash as Redis answers it; what it has no field for has never happened."""

    def __init__(self, reply: Mapping[bytes, bytes]) -> None:
        self._counts = {name.decode(): int(count) for name, count in reply.items()}

    def count(self, name: str) -> int:
        """How many, as of `entered` or `refused`."""
        return self._counts.get(name, 0)

    def count_by(self, name: str) -> dict[str, int]:
        """How many for each reason, as of `refused:sold_out`, in the order of the reasons."""
        start = f"{name}:"
        return {
            one.removeprefix(start): count
            for one, count in sorted(self._counts.items())
            if one.startswith(start)
        }

    def latency(self, name: str) -> LatencyTotals:
        """How long it took, as of `waited`."""
        steps = {int(step): count for step, count in self.count_by(name).items()}
        return LatencyTotals(steps, self.count(name) / 1_000_000)

    def seconds(self, name: str) -> float | None:
        """A time of one thing, as of `waited_longest_us`; None where there was none."""
        found = self._counts.get(name)
        return None if found is None else found / 1_000_000
