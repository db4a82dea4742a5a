"""HTTP: what this web command's processes were asked since it was started, as metrics."""

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
            "From the request to the beginning of its answer",
            labels=["method", "route"],
        )
        for asked in total.asked:
            for status, count in asked.statuses.items():
                requests.add_metric([*asked.call, status], count)
            buckets = list(zip(_ENDS, accumulate(asked.times), strict=True))
            took.add_metric([*asked.call], buckets, asked.sum_s)
        yield from (requests, took)
        for name, words, value in (
            ("live_streams", "Event streams that are open", total.streams),
            ("live_streams_max", "Event streams that may be", self._streams_max * total.processes),
            ("web_processes", "Processes that answer here", total.processes),
        ):
            yield GaugeMetricFamily(f"waitroom_{name}", words, value=value)
