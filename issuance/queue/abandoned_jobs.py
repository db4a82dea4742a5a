"""Abandoned jobs: marks the jobs of killed workers as failed.

Replaces RQ's maintenance, which also runs failure callbacks and handles groups, schedules,
dependents and rate limits, none of which we use. RQ also compares times that other workers wrote by
their hosts' clocks; here only the queue's Redis decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from redis import Redis
from rq import Queue
from rq.exceptions import AbandonedJobError
from rq.job import JobStatus
from rq.job_lifecycle import call_exception_handlers, record_job_failure
from rq.worker_registration import REDIS_WORKER_KEYS, WORKERS_BY_QUEUE_KEY

from issuance.queue.checked_jobs import fetch_or_refuse, redis_now, refuse_job
from issuance.queue.job_registry import Reason, RefusedJob, parse_job_id

# If a worker has not begun a job this long after it took it, the worker is gone.
BEGUN_WITHIN_S = 60
FIRST_SEEN_KEPT_S = 86_400
AT_ONCE_MAX = 1_000

Handler = Callable[..., Any]


def fail_abandoned_jobs(queue: Queue, handlers: Sequence[Handler]) -> None:
    """Mark abandoned jobs as failed; delete expired entries and workers. Raises RedisError."""
    redis = queue.connection
    now = int(redis_now(redis).timestamp())
    started = f"rq:wip:{queue.name}"
    for entry in _without_execution(redis, started):
        redis.zrem(started, entry)
        _mark_failed(queue, entry.partition(b":")[0], handlers, JobStatus.STARTED)
    taken: Any = redis.lrange(queue.intermediate_queue_key, 0, AT_ONCE_MAX - 1)
    for entry in taken:
        _mark_failed_if_never_begun(queue, entry, handlers, now)
    redis.zremrangebyscore(f"rq:failed:{queue.name}", 0, now)
    _forget_dead_workers(redis, queue.name)


def _without_execution(redis: Redis, started: str) -> list[bytes]:
    """The started jobs' entries whose executions are gone.

    A worker renews its execution's time to live; the entry's score is by the worker's own clock.
    """
    entries = cast("list[bytes]", redis.zrange(started, 0, AT_ONCE_MAX - 1))
    with redis.pipeline(transaction=False) as pipe:
        for entry in entries:
            pipe.exists(b"rq:execution:" + entry)
        return [entry for entry, lives in zip(entries, pipe.execute(), strict=True) if not lives]


def _mark_failed_if_never_begun(
    queue: Queue, entry: bytes, handlers: Sequence[Handler], now: int
) -> None:
    redis, job_id = queue.connection, parse_job_id(entry)
    if job_id is None:
        refuse_job(queue, entry, RefusedJob(Reason.BAD_ID))
        return
    key = queue.intermediate_queue.get_first_seen_key(job_id)
    if redis.set(key, now, nx=True, ex=FIRST_SEEN_KEPT_S):
        return
    seen_at: Any = redis.get(key)
    if seen_at is not None and _seconds(seen_at) > now - BEGUN_WITHIN_S:
        return
    _mark_failed(queue, entry, handlers, None)
    redis.lrem(queue.intermediate_queue_key, 0, job_id)
    redis.delete(key)


def _seconds(raw: bytes) -> float:
    """A Unix time; 0 if it is malformed."""
    try:
        return float(raw)
    except ValueError:
        return 0.0


def _mark_failed(
    queue: Queue, raw_id: bytes, handlers: Sequence[Handler], status: JobStatus | None
) -> None:
    """If the job exists, passes the checks and has this status (None: any)."""
    job_id = parse_job_id(raw_id)
    job = fetch_or_refuse(queue, job_id) if job_id is not None else None
    if job is None or status not in (None, job.get_status(refresh=False)):
        return
    error = AbandonedJobError()
    call_exception_handlers(handlers, job, AbandonedJobError, error, None)
    with queue.connection.pipeline() as pipe:
        record_job_failure(job, "its worker died before it finished", pipe)
        pipe.execute()


def _forget_dead_workers(redis: Redis, queue: str) -> None:
    ours = WORKERS_BY_QUEUE_KEY % queue
    keys = cast("list[bytes]", list(redis.smembers(ours)))
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.exists(key)
        gone = [key for key, is_there in zip(keys, pipe.execute(), strict=True) if not is_there]
    if gone:
        redis.srem(ours, *gone)
        redis.srem(REDIS_WORKER_KEYS, *gone)
