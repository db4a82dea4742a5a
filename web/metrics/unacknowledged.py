"""UnacknowledgedPlaces: counts places that too few replicas of Redis acknowledged in time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from waitroom.redis_io.acknowledged import Replication
from web.middleware.shared_memory import SharedCounters

FOLDER = "unacknowledged"


class UnacknowledgedPlaces:
    """Counts in memory that the processes of a web command share: Redis could lose the count too.

    folder: that of all counters of the command; None for a process alone.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        own = None if folder is None else Path(folder) / FOLDER
        if own is not None:
            own.mkdir(exist_ok=True)
        self._counts = SharedCounters(own, cells=1, now=0)

    def add(self, places: int) -> None:
        """Count places that this process has given."""
        self._counts.own[0] += places

    def total(self) -> int:
        """Of all processes, since the web command started."""
        [places], _ = self._counts.total()
        return places


class UnacknowledgedMetrics(Collector):
    """replication: of the line; None where entering waits for no replica."""

    def __init__(self, replication: Replication | None) -> None:
        self._replication = replication

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "waitroom_unacknowledged_places",
            "Places that fewer than LINE_REPLICAS replicas acknowledged in time",
            value=self._replication.unacknowledged.total() if self._replication else 0,
        )
