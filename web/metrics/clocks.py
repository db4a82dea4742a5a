"""Clock metrics: how far hosts' clocks are off the stores' clocks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from waitroom.clock_skews import Skews


class ClockMetrics(Collector):
    """skews: the largest of each kind of process; empty while the line's Redis is unreachable."""

    def __init__(self, skews: Skews) -> None:
        self._skews = skews

    def collect(self) -> Iterator[Metric]:
        skew = GaugeMetricFamily(
            "waitroom_clock_skew_seconds",
            "Largest difference of a process' clock to the store's, positive where it is ahead",
            labels=["process", "store"],
        )
        for (process, store), skew_s in sorted(self._skews.items()):
            skew.add_metric([process, store], skew_s)
        yield skew
