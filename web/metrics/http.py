"""HTTP metrics: requests and streams of this web command's processes since it started."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from web.middleware.access_log import BOUNDS_S, Total

_ENDS = [*map(str, BOUNDS_S), "+Inf"]


class HttpMetrics(Collector):
    """streams_max: of one process."""

    def __init__(self, total: Total, streams_max: int) -> None:
        self._total = total
        self._streams_max = streams_max

    def collect(self) -> Iterator[Metric]:
        total = self._total
        requests = CounterMetricFamily(
            "waitroom_http_requests",
            "Requests answered, by class of status",
            labels=["method", "route", "status"],
        )
        took = HistogramMetricFamily(
            "waitroom_http_request_duration_seconds",
            "Time from a request to the start of its answer",
            labels=["method", "route"],
        )
        for asked in total.asked:
            for status, count in asked.statuses.items():
                requests.add_metric([*asked.call, status], count)
            buckets = list(zip(_ENDS, accumulate(asked.times), strict=True))
            took.add_metric([*asked.call], buckets, asked.sum_s)
        yield from (requests, took)
        for name, words, value in (
            ("live_streams", "Open event streams", total.streams),
            ("live_streams_max", "Most open event streams", self._streams_max * total.processes),
            ("web_processes", "Running processes of this web command", total.processes),
        ):
            yield GaugeMetricFamily(f"waitroom_{name}", words, value=value)
