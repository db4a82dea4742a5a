"""Office: the workers, their queue and Postgres, and which of the stores answer, as metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issuance.postgres.connection_stats import ConnectionCounts
from issuance.queue.job_queue import QueueStatus


@dataclass(frozen=True, slots=True)
class OfficeSnapshot:
    """held and crew are None where Postgres, or the queue's Redis, does not answer.

    loop_errors: by the name of the loop; empty where the line's Redis does not answer.
    eviction_policy: by which the line's Redis may lose keys; "" where it may not.
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
        writes = "Redis answers and takes writes"
        yield _gauge("redis_up", f"Whether the line's {writes}", seen.redis_up)
        yield _gauge("queue_up", f"Whether the queue's {writes}", seen.queue_status is not None)
        yield _gauge("postgres_up", "Whether Postgres answers", seen.held is not None)
        yield _gauge(
            "db_connections_max", "Connections to Postgres in all, at most", seen.db_connections_max
        )
        evicts = GaugeMetricFamily(
            "waitroom_redis_evicts", "Whether a Redis may throw keys away", labels=["store"]
        )
        if seen.redis_up:
            evicts.add_metric(["line"], float(bool(seen.eviction_policy)))
        if seen.queue_status is not None:
            evicts.add_metric(["queue"], float(bool(seen.queue_status.eviction_policy)))
        yield evicts
        errors = CounterMetricFamily(
            "waitroom_loop_errors", "Unforeseen errors of work that is repeated", labels=["loop"]
        )
        for loop, count in seen.loop_errors.items():
            errors.add_metric([loop], count)
        yield errors
        if seen.held is not None:
            held = seen.held
            # The one that asked is held too.
            yield _gauge("db_connections", "Connections to Postgres that are open", held.open + 1)
            yield _gauge("db_connections_busy", "Those of them that are not idle", held.busy + 1)
            yield _gauge("db_connections_blocked", "Those that wait for a lock", held.blocked)
        if seen.queue_status is not None:
            crew = seen.queue_status
            yield _gauge("workers", "Workers, one killed lately among them", crew.workers)
            yield _gauge("workers_busy", "Workers that issue a batch", crew.busy)
            yield _gauge("backlog_jobs", "Jobs that wait for a worker", crew.backlog)
            yield _gauge("backlog_age_seconds", "How long the first has waited", crew.oldest_s)
            yield _gauge("failed_jobs", "Failed jobs that the queue still keeps", crew.failed)
            refused = CounterMetricFamily(
                "waitroom_refused_jobs",
                "Jobs in the queue that this deployment did not write",
                labels=["reason"],
            )
            for reason, count in crew.refused.items():
                refused.add_metric([reason], count)
            yield refused


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"waitroom_{name}", words, value=float(value))
