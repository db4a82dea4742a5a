"""JobQueue: enqueues batches of admitted members for the workers, through RQ."""

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
    """batch_max: members a job. backlog_max: jobs waiting. job_timeout_s: of one transaction."""

    batch_max: int = 500
    backlog_max: int = 50
    job_timeout_s: int = 30
    failure_ttl_s: int = 3_600


@dataclass(frozen=True, slots=True)
class Backlog:
    """oldest_s: how long the first job has waited. failed: failed jobs that RQ still keeps."""

    oldest_s: float
    failed: int
    workers: int


class JobQueue:
    """One RQ queue. Its methods raise OfficeAway if the queue's Redis fails.

    deployment: the id written into each job; empty: none.
    """

    def __init__(
        self, redis: QueueRedis, *, queue: str, limits: JobQueueLimits, deployment: str = ""
    ) -> None:
        self._queue = CheckedQueue(queue, connection=redis)
        self._limits = limits
        self._deployment = deployment

    @property
    def batch_max(self) -> int:
        """The most members in one job."""
        return self._limits.batch_max

    def free_capacity(self) -> int:
        """How many more members fit into the backlog.

        Raises OfficeAway also if the queue's Redis takes no writes, so that admission pauses.
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
        """The age of the first job, and the numbers of failed jobs and of workers."""
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
        """Enqueue these members of one coupon in order, a job for each batch. Returns the job ids.

        Enqueuing a member twice is harmless, since issuing is idempotent. RQ's job state is never
        the source of truth.

        admitted_at_us, origins: for each member in order, or empty if not known: when the line
        admitted them, by its clock; the request ids that they entered with, for the worker's log
        and spans. traceparent: of the span that enqueues them, or empty.
        """
        size = self._limits.batch_max
        batches = [
            CheckedQueue.prepare_data(
                ISSUE_BATCH.name,
                args=[code, list(members[start : start + size])],
                timeout=self._limits.job_timeout_s,
                result_ttl=0,
                failure_ttl=self._limits.failure_ttl_s,
                description=f"issue {code}",  # logged; RQ's default holds member ids
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
    """A job's meta. Not arguments, which workers of the release before would not accept.

    Members who were admitted together share one time, which is stored once.
    """
    meta: dict[str, object] = {}
    if admitted_at_us:
        first, same = admitted_at_us[0], len(set(admitted_at_us)) == 1
        meta[ADMITTED_AT_US] = first if same else list(admitted_at_us)
    if origins:
        meta |= {ORIGINS: list(origins), TRACEPARENT: traceparent}
    if deployment:
        # A worker of another deployment refuses it.
        meta[DEPLOYMENT] = deployment
    return meta or None


def _oldest_s(redis: QueueRedis, queue: str) -> float:
    """How long the first job has waited; 0 if there is none, or its time is unreadable."""
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
    """Ids of up to FAILED_MAX failed jobs of this coupon that RQ still keeps. Raises OfficeAway."""
    try:
        raw_ids: Any = redis.zrange(f"rq:failed:{queue}", 0, FAILED_MAX - 1)
        ids = [job_id for raw in raw_ids if (job_id := parse_job_id(raw)) is not None]
        jobs = CheckedJob.fetch_own(ids, redis)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    return [job.id for job in jobs if job.args[0] == code]


def forget_failed_jobs(redis: QueueRedis, queue: str, job_ids: Sequence[str]) -> None:
    """Delete these failed jobs; the admitter enqueues their members again. Raises OfficeAway."""
    try:
        for job_id in job_ids:
            redis.zrem(f"rq:failed:{queue}", job_id)
            forget_job(redis, job_id)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The numbers of workers, of busy workers, and of waiting jobs.

    A killed worker counts for up to a minute longer. oldest_s: how long the first job has waited.
    failed: failed jobs of all coupons that RQ still keeps. refused: jobs refused so far, by reason.
    eviction_policy: the policy by which the queue's Redis may evict jobs; "" if it never does.
    """

    workers: int
    busy: int
    backlog: int
    oldest_s: float = 0.0
    failed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    eviction_policy: str = ""


def read_queue_status(redis: QueueRedis, queue: str) -> QueueStatus:
    """Read the queue's status in a bounded number of calls.

    Raises OfficeAway, also if the queue's Redis takes no writes.
    """
    probe_queue_redis(redis)
    try:
        workers = list(redis.smembers(WORKERS_BY_QUEUE_KEY % queue))
        with redis.pipeline(transaction=False) as pipe:
            for worker in workers:
                pipe.hget(worker, "state")
            # A missing worker, or a key of another type, has no state.
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
    """Delete the queue with its waiting, taken and failed jobs. Raises OfficeAway."""
    ours = CheckedQueue(queue, connection=redis)
    taken = ours.intermediate_queue
    try:
        failed_ids: Any = redis.zrange(f"rq:failed:{queue}", 0, -1)
        # A stopped worker had taken these and not begun them; RQ itself checks a minute later.
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
