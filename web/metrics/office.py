"""Office metrics: workers, queue and Postgres, and which stores are reachable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issuance.postgres.connection_stats import ConnectionCounts
from issuance.queue.job_queue import QueueStatus


@dataclass(frozen=True, slots=True)
class OfficeSnapshot:
    """held is None while Postgres is unreachable, queue_status while the queue's Redis is.

    loop_errors: by loop; empty while the line's Redis is unreachable. eviction_policy: by which the
    line's Redis may evict keys; "" where it evicts none.
    """

    redis_up: bool
    held: ConnectionCounts | None
    queue_status: QueueStatus | None
    db_connections_max: int
    loop_errors: Mapping[str, int] = field(default_factory=dict)
    eviction_policy: str = ""


class OfficeMetrics(Collector):
    def __init__(self, seen: OfficeSnapshot) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        seen = self._seen
        writes = "Redis answers and accepts writes"
        yield _gauge("redis_up", f"Whether the line's {writes}", seen.redis_up)
        yield _gauge("queue_up", f"Whether the queue's {writes}", seen.queue_status is not None)
        yield _gauge("postgres_up", "Whether Postgres answers", seen.held is not None)
        yield _gauge(
            "db_connections_max",
            "Most connections to Postgres of all processes",
            seen.db_connections_max,
        )
        evicts = GaugeMetricFamily(
            "waitroom_redis_evicts", "Whether this Redis may evict keys", labels=["store"]
        )
        if seen.redis_up:
            evicts.add_metric(["line"], float(bool(seen.eviction_policy)))
        if seen.queue_status is not None:
            evicts.add_metric(["queue"], float(bool(seen.queue_status.eviction_policy)))
        yield evicts
        errors = CounterMetricFamily(
            "waitroom_loop_errors", "Unexpected errors in background loops", labels=["loop"]
        )
        for loop, count in seen.loop_errors.items():
            errors.add_metric([loop], count)
        yield errors
        if seen.held is not None:
            held = seen.held
            # Plus the connection of this measurement.
            yield _gauge("db_connections", "Open connections to Postgres", held.open + 1)
            yield _gauge("db_connections_busy", "Connections that are not idle", held.busy + 1)
            yield _gauge("db_connections_blocked", "Connections waiting for a lock", held.blocked)
        if seen.queue_status is not None:
            queue = seen.queue_status
            yield _gauge("workers", "Workers, including recently killed ones", queue.workers)
            yield _gauge("workers_busy", "Workers that are issuing a batch", queue.busy)
            yield _gauge("backlog_jobs", "Jobs waiting for a worker", queue.backlog)
            yield _gauge("backlog_age_seconds", "Age of the oldest waiting job", queue.oldest_s)
            yield _gauge("failed_jobs", "Failed jobs still in the queue", queue.failed)
            refused = CounterMetricFamily(
                "waitroom_refused_jobs",
                "Jobs set aside, as this deployment did not write them",
                labels=["reason"],
            )
            for reason, count in queue.refused.items():
                refused.add_metric([reason], count)
            yield refused


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"waitroom_{name}", words, value=float(value))
