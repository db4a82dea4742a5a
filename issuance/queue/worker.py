"""Worker: takes batches from the queue, issues them, and reports to the line after the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, SimpleWorker, get_current_job
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.utils import now
from sqlalchemy import Engine

from domain.issued_coupon import IssuedCoupon
from domain.unix_time import from_us
from issuance.errors import queue_cause
from issuance.issue import Issued, issue
from issuance.queue.abandoned_jobs import fail_abandoned_jobs
from issuance.queue.checked_jobs import CheckedJob, CheckedQueue
from issuance.queue.job_registry import (
    ADMITTED_AT_US,
    DEPLOYMENT,
    ISSUE_BATCH,
    ORIGINS,
    Reason,
    RefusedJob,
)
from issuance.queue.redis_connection import QueueRedis

# RQ lists a killed worker for this long.
WORKER_TTL_S = 60
# The longest blocking wait for a job; then the worker checks whether it must stop.
WAIT_S = 1
# The reply timeout of Redis, which must exceed the blocking wait.
QUEUE_TIMEOUT_S = WAIT_S + 4
AGAIN_AFTER_S = 2.0
LOOK_EVERY_S = 0.1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The dependencies of a worker's jobs.

    report: called with each committed batch. logs: log each batch. failed: called for an unexpected
    error of the worker's loop. idle: called between jobs, every few seconds.
    """

    engine: Engine
    report: Callable[[Issued], None]
    # Wraps each batch: (the job's meta, span attributes) -> a context manager.
    around: Callable[[Mapping[str, Any], Mapping[str, Any]], AbstractContextManager[object]] = (
        lambda _meta, _attributes: nullcontext()
    )
    logs: bool = False
    failed: Callable[[], None] = lambda: None
    idle: Callable[[], None] = lambda: None
    # This deployment's id; empty if not known yet.
    deployment: Callable[[], str] = lambda: ""


# A global, since RQ calls the job's function with the job's arguments only. One worker a process.
_context: WorkerContext | None = None


def issue_batch(code: str, members: list[str]) -> None:
    """The job: issue, then report. If it raises, the admitter enqueues the batch again."""
    assert _context is not None, "issue_batch runs in a worker started by run_worker"
    job = get_current_job()
    meta = job.meta if job is not None else {}
    attributes = {"waitroom.room": code, "waitroom.members": len(members)}
    admitted_at = _admitted_at(meta, len(members))
    within_s = job.timeout if job is not None else None
    with _context.around(meta, attributes):
        issued = issue(_context.engine, code, members, admitted_at=admitted_at, within_s=within_s)
    if job is not None and _context.logs:
        _log_issued(job, issued)
    # Report only after the commit. A crash before this line is harmless: the admitter enqueues the
    # batch again, and each member gets the committed coupon or refusal.
    _context.report(issued)


def _admitted_at(meta: Mapping[str, Any], members: int) -> list[datetime]:
    """When each member was admitted; empty for a job of a release that did not write it."""
    times_us = meta.get(ADMITTED_AT_US)
    if times_us is None:
        return []
    if isinstance(times_us, int):
        return [from_us(times_us)] * members
    return [from_us(at_us) for at_us in times_us]


def _log_issued(job: Job, issued: Issued) -> None:
    """Log the batch with its request ids; never with member ids."""
    got = sum(isinstance(one, IssuedCoupon) for one in issued.outcomes.values())
    log.info(
        "issued",
        room=issued.code,
        batch=job.id,
        issued=got,
        refused=len(issued.outcomes) - got,
        took_ms=issued.took_ms and round(issued.took_ms, 1),
        request_ids=_request_ids(job),
    )


def _request_ids(job: Job) -> list[str]:
    return [origin.partition(" ")[0] for origin in job.meta.get(ORIGINS, [])]


class NoDeathPenalty(BaseDeathPenalty):
    """Replaces RQ's alarm, which raises from a signal handler into arbitrary code.

    A job's waits have limits of their own: its transaction (`issuance.postgres.deadline`) and each
    call to the line.
    """

    def setup_death_penalty(self) -> None:
        """Does nothing."""

    def cancel_death_penalty(self) -> None:
        """Does nothing."""


class WorkerJob(CheckedJob):
    """A job that a worker can run."""

    functions = {ISSUE_BATCH.name: issue_batch}

    def refresh(self) -> None:
        """Read and check. Raises NoSuchJobError; RefusedJob, also for another deployment's job."""
        super().refresh()
        ours = _context.deployment() if _context is not None else ""
        # Jobs of earlier releases have no deployment id.
        if ours and self.meta.get(DEPLOYMENT, ours) != ours:
            raise RefusedJob(Reason.OTHER_DEPLOYMENT)


class PoolQueue(CheckedQueue):
    """A queue that stops waiting for jobs once the process must stop."""

    @classmethod
    def dequeue_any(cls, *args: Any, **more: Any) -> Any:
        if PoolWorker.stop_requested:
            raise StopRequested
        return super().dequeue_any(*args, **more)


class PoolWorker(SimpleWorker):
    """RQ's worker, limited to jobs of known kinds and without RQ's remote commands.

    It reconnects within seconds once Redis is back; RQ's own would sleep up to a minute.
    """

    job_class = WorkerJob
    queue_class: type[Queue] = PoolQueue
    max_connection_wait_time = AGAIN_AFTER_S
    death_penalty_class = NoDeathPenalty
    stop_requested = False

    @classmethod
    def for_queue(cls, queue: str, redis: QueueRedis) -> PoolWorker:
        """A worker of this queue."""
        return cls(
            [PoolQueue(queue, connection=redis, job_class=WorkerJob)],
            connection=redis,
            serializer=JSONSerializer,
            exception_handlers=[_log_failure],
            worker_ttl=WORKER_TTL_S,
        )

    def subscribe(self) -> None:
        """Does nothing: RQ's commands can shut a worker down and drop a job for good."""

    def check_for_suspension(self, burst: bool) -> None:
        """Does nothing: in RQ, one key in Redis suspends the workers of all queues."""

    def run_maintenance_tasks(self) -> None:
        """Replaces RQ's, which call functions that jobs name."""
        for queue in self.queues:
            if queue.acquire_maintenance_lock():
                fail_abandoned_jobs(queue, self._exc_handlers)
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Handles SIGTERM and SIGINT: sets flags and raises nothing, unlike RQ's own handler."""
        del signum, frame
        # On the class: the handler stays installed when a new worker replaces this one.
        PoolWorker.stop_requested = True
        self._stop_requested = True

    @property
    def dequeue_timeout(self) -> int:
        """Seconds without a job until the next heartbeat."""
        return WAIT_S

    @property
    def connection_timeout(self) -> int:
        """Our connections' timeout: RQ would set its own on connections it opens later."""
        return QUEUE_TIMEOUT_S

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Also register again in a Redis that has lost its data.

        Raises StopRequested instead of a connection error if the process must stop: RQ would
        retry before it checks.
        """
        try:
            if pipeline is None and not self.connection.hexists(self.key, "birth"):
                self.connection.delete(self.key)
                self.register_birth()  # type: ignore[no-untyped-call]
            super().heartbeat(timeout, pipeline)
        except (RedisConnectionError, RedisTimeoutError):
            if PoolWorker.stop_requested:
                raise StopRequested from None
            raise
        if pipeline is None and _context is not None:
            _context.idle()


def run_worker(context: WorkerContext, redis: QueueRedis, *, queue: str) -> None:
    """Work until SIGTERM or SIGINT; finish a started batch first."""
    global _context
    _context = context
    PoolWorker.stop_requested = False
    while not PoolWorker.stop_requested:
        try:
            PoolWorker.for_queue(queue, redis).work(logging_level="WARNING")
            if PoolWorker.stop_requested:
                return
            # RQ leaves its loop at an unexpected error while Redis stops or starts.
            log.warning("the worker left its queue; trying again")
        except RedisError as error:
            # RQ survives the loss of Redis while it waits for a job, but not at start-up or while
            # it updates a job. The admitter enqueues the batch again.
            if PoolWorker.stop_requested:
                return  # could not unregister; the worker's key expires soon
            log.warning("the queue is unavailable; trying again", cause=queue_cause(error))
        except Exception:
            log.exception("error in a loop; trying again", loop="worker")
            context.failed()
        _pause(PoolWorker.max_connection_wait_time)


def _pause(seconds: float) -> None:
    """Sleep for `seconds`, or until the process must stop."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not PoolWorker.stop_requested:
        time.sleep(min(LOOK_EVERY_S, seconds))


def _log_failure(job: Job, kind: type[BaseException], error: object, _trace: object) -> bool:
    log.error(
        "a batch failed; its members will be enqueued again",
        batch=job.id,
        kind=kind.__name__,
        error=str(error),
        **({"request_ids": ids} if (ids := _request_ids(job)) else {}),
    )
    return True
