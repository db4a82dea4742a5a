"""Desk: where admitted people are handed to the workers. The only code that feeds RQ."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from issuance.conveyor import Conveyor
from issuance.errors import OfficeAway, queue_cause

JOB = "issuance.worker.issue_batch"
ORIGINS, TRACEPARENT = "origins", "traceparent"  # in a job's meta
FAILED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class DeskLimits:
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


class Desk:
    """Feeds batches to the pool through one RQ queue. Raises OfficeAway where Redis is away."""

    def __init__(self, redis: Conveyor, *, queue: str, limits: DeskLimits) -> None:
        # JSON, not pickle: who can write to Redis must not be able to run code in a worker.
        self._queue = Queue(queue, connection=redis, serializer=JSONSerializer)
        self._limits = limits

    @property
    def batch_max(self) -> int:
        """Members a job, at most."""
        return self._limits.batch_max

    def free_seats(self) -> int:
        """How many more can be fed now: what fits into the backlog."""
        try:
            backlog = self._queue.count
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error
        return max(0, self._limits.backlog_max - backlog) * self._limits.batch_max

    def backlog(self, now: datetime) -> Backlog:
        """What waits, how old it is, and who works on it. `now` by the clock of who fed it."""
        try:
            first = self._queue.get_job_ids(0, 1)
            failed = self._queue.failed_job_registry.get_job_count(cleanup=False)
            workers = Worker.count(queue=self._queue)
            return Backlog(_age_s(self._queue, first, now), failed, workers)
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error

    def feed(
        self,
        code: str,
        members: Sequence[str],
        origins: Sequence[str] = (),
        traceparent: str = "",
    ) -> list[str]:
        """Queue these members of one coupon, in their order, a batch a job; the jobs' ids.

        Feeding somebody twice is harmless: issuing is once. RQ's word on a job is never asked for.
        origins: by which requests these came, in their order, for the worker's log and spans;
        traceparent: the span that feeds them. Or nothing.
        """
        size = self._limits.batch_max
        batches = [
            Queue.prepare_data(
                JOB,
                args=[code, list(members[start : start + size])],
                timeout=self._limits.job_timeout_s,
                result_ttl=0,
                failure_ttl=self._limits.failure_ttl_s,
                description=f"issue {code}",  # RQ logs it, and arguments name people
                meta={
                    ORIGINS: list(origins[start : start + size]),
                    TRACEPARENT: traceparent,
                }
                if origins
                else None,
            )
            for start in range(0, len(members), size)
        ]
        try:
            return [job.id for job in self._queue.enqueue_many(batches)]
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error


def _age_s(queue: Queue, job_ids: Sequence[str], now: datetime) -> float:
    for job_id in job_ids:
        try:
            job = Job.fetch(job_id, connection=queue.connection, serializer=JSONSerializer)
        except NoSuchJobError:  # a worker has just done it
            continue
        if job.enqueued_at is not None:
            fed_at = job.enqueued_at.replace(tzinfo=job.enqueued_at.tzinfo or UTC)
            return max(0.0, (now - fed_at).total_seconds())
    return 0.0


def failed_jobs(redis: Conveyor, queue: str, code: str) -> list[str]:
    """Ids of this coupon's failed jobs that RQ still keeps, up to FAILED_MAX. Raises OfficeAway."""
    try:
        ours = Queue(queue, connection=redis, serializer=JSONSerializer)
        ids = ours.failed_job_registry.get_job_ids(0, FAILED_MAX - 1, cleanup=False)
        jobs = Job.fetch_many(ids, connection=redis, serializer=JSONSerializer)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    return [job.id for job in jobs if job is not None and job.args and job.args[0] == code]


def forget_failed(redis: Conveyor, queue: str, job_ids: Sequence[str]) -> None:
    """Remove these: their members are under way still, and fed again. Raises OfficeAway."""
    try:
        ours = Queue(queue, connection=redis, serializer=JSONSerializer)
        for job_id in job_ids:
            ours.failed_job_registry.remove(job_id, delete_job=True)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works, how many of them on a batch right now, and how many jobs wait for one of them.

    A worker that was killed counts for up to a minute longer. oldest_s: how long the first job has
    waited. failed: failed jobs that RQ still keeps, of all coupons.
    """

    workers: int
    busy: int
    backlog: int
    oldest_s: float = 0.0
    failed: int = 0


def crew_of(redis: Conveyor, queue: str) -> Crew:
    """As RQ tells it: a few calls for each worker, however many wait. Raises OfficeAway."""
    try:
        ours = Queue(queue, connection=redis, serializer=JSONSerializer)
        workers = Worker.all(queue=ours)
        busy = sum(1 for one in workers if one.get_state() == WorkerStatus.BUSY)
        first = ours.get_job_ids(0, 1)
        failed = ours.failed_job_registry.get_job_count(cleanup=False)
        oldest_s = _age_s(ours, first, datetime.now(UTC))
        return Crew(len(workers), busy, ours.count, oldest_s, failed)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


def forget_queue(redis: Conveyor, queue: str) -> None:
    """Remove the queue and its jobs: waiting, taken or failed. Raises OfficeAway."""
    try:
        ours = Queue(queue, connection=redis, serializer=JSONSerializer)
        for job_id in ours.failed_job_registry.get_job_ids(cleanup=False):
            ours.failed_job_registry.remove(job_id, delete_job=True)
        _forget_taken(ours)
        ours.delete(delete_jobs=True)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


def _forget_taken(queue: Queue) -> None:
    """What a worker had taken and not begun when it was ended: RQ itself looks a minute later."""
    taken = queue.intermediate_queue
    for job_id in taken.get_job_ids():
        with suppress(NoSuchJobError):
            Job.fetch(job_id, connection=queue.connection, serializer=JSONSerializer).delete()
        queue.connection.delete(taken.get_first_seen_key(job_id))
    queue.connection.delete(taken.key)
