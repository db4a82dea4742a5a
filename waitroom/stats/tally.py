"""Tally: a room's totals since its beginning. Nothing else reads that hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LatencyTotals:
    """A histogram (count by step, `waitroom.stats.latency_histogram`) and its sum in seconds."""

    steps: Mapping[int, int]
    sum_s: float


class Tally:
    """Redis' reply; a missing field counts as 0."""

    def __init__(self, reply: Mapping[bytes, bytes]) -> None:
        self._counts = {name.decode(): int(count) for name, count in reply.items()}

    def count(self, name: str) -> int:
        """The total of `entered`, `refused` and the like."""
        return self._counts.get(name, 0)

    def count_by(self, name: str) -> dict[str, int]:
        """The totals by reason, such as `refused:sold_out`, sorted by reason."""
        start = f"{name}:"
        return {
            one.removeprefix(start): count
            for one, count in sorted(self._counts.items())
            if one.startswith(start)
        }

    def latency(self, name: str) -> LatencyTotals:
        """The histogram of `waited` and the like."""
        steps = {int(step): count for step, count in self.count_by(name).items()}
        return LatencyTotals(steps, self.count(name) / 1_000_000)

    def seconds(self, name: str) -> float | None:
        """A single duration, such as `waited_longest_us`; None where there was none."""
        found = self._counts.get(name)
        return None if found is None else found / 1_000_000
