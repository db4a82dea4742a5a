"""Where admitted people are handed to the workers. The only code that feeds RQ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError
from rq.worker import WorkerStatus
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from issuance.errors import OfficeAway, queue_cause
from issuance.queue.checked_jobs import (
    CheckedJob,
    CheckedQueue,
    enqueued_at,
    forget_job,
    redis_now,
    refused_counts,
    refused_key,
)
from issuance.queue.job_registry import (
    ADMITTED_AT_US,
    DEPLOYMENT,
    ISSUE_BATCH,
    ORIGINS,
    TRACEPARENT,
    parse_job_id,
)
from issuance.queue.redis_connection import (
    PROBE_KEPT_S,
    PROBE_KEY,
    QueueRedis,
    may_evict,
    probe_queue_redis,
)

FAILED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class JobQueueLimits:
    """batch_max: members a job. backlog_max: jobs in the queue. job_timeout_s: one transaction."""

    batch_max: int = 500
    backlog_max: int = 50
    job_timeout_s: int = 30
    failure_ttl_s: int = 3_600


@dataclass(frozen=True, slots=True)
class Backlog:
    """oldest_s: how long the first job has waited. failed: failed jobs that RQ still remembers."""

    oldest_s: float
    failed: int
    workers: int


class JobQueue:
    """Feeds batches to the pool through one RQ queue. Raises OfficeAway where Redis is away.

    deployment: whose jobs these are, in each of them; empty: not said.
    """

    def __init__(
        self, redis: QueueRedis, *, queue: str, limits: JobQueueLimits, deployment: str = ""
    ) -> None:
        self._queue = CheckedQueue(queue, connection=redis)
        self._limits = limits
        self._deployment = deployment

    @property
    def batch_max(self) -> int:
        """Members a job, at most."""
        return self._limits.batch_max

    def free_seats(self) -> int:
        """How many more can be fed now: what fits into the backlog.

        Raises OfficeAway also where the queue takes no writes: nobody is let through to it then.
        """
        try:
            with self._queue.connection.pipeline(transaction=False) as pipe:
                pipe.set(PROBE_KEY, 1, ex=PROBE_KEPT_S)
                pipe.llen(self._queue.key)
                answers = pipe.execute()
            backlog = int(answers[1])
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error
        return max(0, self._limits.backlog_max - backlog) * self._limits.batch_max

    def backlog(self) -> Backlog:
        """What waits, how old it is, and who works on it."""
        try:
            redis, queue = self._queue.connection, self._queue.name
            workers = redis.scard(WORKERS_BY_QUEUE_KEY % queue)
            return Backlog(_oldest_s(redis, queue), _failed_count(redis, queue), workers)
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error

    def enqueue(
        self,
        code: str,
        members: Sequence[str],
        admitted_at_us: Sequence[int] = (),
        origins: Sequence[str] = (),
        traceparent: str = "",
    ) -> list[str]:
        """Queue these members of one coupon, in their order, a batch a job; the jobs' ids.

        Feeding somebody twice is harmless: issuing is once. RQ's word on a job is never asked for.
        In their order, or nothing where that is not known: admitted_at_us, when the line let each
        of them through, by its clock; origins, by which requests they came, for the worker's log
        and spans. traceparent: the span that feeds them, or nothing.
        """
        size = self._limits.batch_max
        batches = [
            CheckedQueue.prepare_data(
                ISSUE_BATCH.name,
                args=[code, list(members[start : start + size])],
                timeout=self._limits.job_timeout_s,
                result_ttl=0,
                failure_ttl=self._limits.failure_ttl_s,
                description=f"issue {code}",  # RQ logs it, and arguments name people
                meta=_meta(
                    admitted_at_us[start : start + size],
                    origins[start : start + size],
                    traceparent,
                    self._deployment,
                ),
            )
            for start in range(0, len(members), size)
        ]
        try:
            return [job.id for job in self._queue.enqueue_many(batches)]
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error


def _meta(
    admitted_at_us: Sequence[int], origins: Sequence[str], traceparent: str, deployment: str
) -> dict[str, object] | None:
    """What travels beside a job's arguments, so that workers of other versions read those still.

    The times as one number where they are the same, which they are for who was admitted together.
    """
    meta: dict[str, object] = {}
    if admitted_at_us:
        first, same = admitted_at_us[0], len(set(admitted_at_us)) == 1
        meta[ADMITTED_AT_US] = first if same else list(admitted_at_us)
    if origins:
        meta |= {ORIGINS: list(origins), TRACEPARENT: traceparent}
    if deployment:
        # A worker of another deployment that takes it by mistake sees whose it is.
        meta[DEPLOYMENT] = deployment
    return meta or None


def _oldest_s(redis: QueueRedis, queue: str) -> float:
    """How long the first job has waited; 0 where nothing waits, or its time can't be read."""
    first: Any = redis.lrange(f"rq:queue:{queue}", 0, 0)
    for raw_id in first:
        job_id = parse_job_id(raw_id)
        if job_id is None:
            continue
        fed_at = enqueued_at(redis, job_id)
        if fed_at is not None:
            return max(0.0, (redis_now(redis) - fed_at).total_seconds())
    return 0.0


def _failed_count(redis: QueueRedis, queue: str) -> int:
    return redis.zcard(f"rq:failed:{queue}")


def list_failed_jobs(redis: QueueRedis, queue: str, code: str) -> list[str]:
    """Ids of this coupon's failed jobs that RQ still keeps, up to FAILED_MAX. Raises OfficeAway."""
    try:
        raw_ids: Any = redis.zrange(f"rq:failed:{queue}", 0, FAILED_MAX - 1)
        ids = [job_id for raw in raw_ids if (job_id := parse_job_id(raw)) is not None]
        jobs = CheckedJob.fetch_own(ids, redis)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    return [job.id for job in jobs if job.args[0] == code]


def forget_failed_jobs(redis: QueueRedis, queue: str, job_ids: Sequence[str]) -> None:
    """Remove these: their members are under way still, and fed again. Raises OfficeAway."""
    try:
        for job_id in job_ids:
            redis.zrem(f"rq:failed:{queue}", job_id)
            forget_job(redis, job_id)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Who works, how many of them on a batch right now, and how many jobs wait for one of them.

    A worker that was killed counts for up to a minute longer. oldest_s: how long the first job has
    waited. failed: failed jobs that RQ still keeps, of all coupons. refused: jobs that no desk of
    ours wrote, by reason, since the queue is there. eviction_policy: by which the queue's Redis may
    lose jobs; "" where it may not.
    """

    workers: int
    busy: int
    backlog: int
    oldest_s: float = 0.0
    failed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    eviction_policy: str = ""


def read_queue_status(redis: QueueRedis, queue: str) -> QueueStatus:
    """As RQ tells it, in a few calls, however many wait.

    Raises OfficeAway, also where the queue takes no writes.
    """
    probe_queue_redis(redis)
    try:
        workers = list(redis.smembers(WORKERS_BY_QUEUE_KEY % queue))
        with redis.pipeline(transaction=False) as pipe:
            for worker in workers:
                pipe.hget(worker, "state")
            # One that is gone, or is no worker, has no state.
            states = [one for one in pipe.execute(raise_on_error=False) if isinstance(one, bytes)]
        return QueueStatus(
            workers=len(states),
            busy=states.count(WorkerStatus.BUSY.value.encode()),
            backlog=redis.llen(f"rq:queue:{queue}"),
            oldest_s=_oldest_s(redis, queue),
            failed=_failed_count(redis, queue),
            refused=refused_counts(redis, queue),
            eviction_policy=may_evict(redis),
        )
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


def forget_queue(redis: QueueRedis, queue: str) -> None:
    """Remove the queue and its jobs: waiting, taken or failed. Raises OfficeAway."""
    ours = CheckedQueue(queue, connection=redis)
    taken = ours.intermediate_queue
    try:
        failed_ids: Any = redis.zrange(f"rq:failed:{queue}", 0, -1)
        # Taken and not begun, by a worker that was ended: RQ itself looks a minute later.
        taken_ids: Any = redis.lrange(taken.key, 0, -1)
        waiting_ids: Any = redis.lrange(ours.key, 0, -1)
        for raw in (*failed_ids, *taken_ids, *waiting_ids):
            job_id = parse_job_id(raw)
            if job_id is not None:
                forget_job(redis, job_id)
                redis.delete(taken.get_first_seen_key(job_id))
        redis.delete(ours.key, taken.key, f"rq:failed:{queue}", refused_key(queue))
        redis.srem(CheckedQueue.redis_queues_keys, ours.key)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
