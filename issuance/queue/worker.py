"""Worker: takes batches off the queue, issues them, and tells the line once it is committed."""

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

# A worker that was killed is still listed for this long.
WORKER_TTL_S = 60
# For a job, until it is looked whether this process was told to stop.
WAIT_S = 1
# Until an answer of Redis is given up: also that of waiting for a job, which takes WAIT_S.
QUEUE_TIMEOUT_S = WAIT_S + 4
AGAIN_AFTER_S = 2.0
LOOK_EVERY_S = 0.1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a worker's jobs work with: a connection, and whom to tell.

    logs: whether each batch is a line in the log. failed: called for an error of the worker's loop
    that nobody foresaw. idle: called between jobs, each few seconds at least.
    """

    engine: Engine
    report: Callable[[Issued], None]
    # Is entered around each batch, with the meta of its job and its attributes.
    around: Callable[[Mapping[str, Any], Mapping[str, Any]], AbstractContextManager[object]] = (
        lambda _meta, _attributes: nullcontext()
    )
    logs: bool = False
    failed: Callable[[], None] = lambda: None
    idle: Callable[[], None] = lambda: None
    # This deployment's id; empty where there is none to compare with.
    deployment: Callable[[], str] = lambda: ""


# RQ calls a function with nothing but the job's arguments; this is where it finds what its process
# was given. One process is one worker.
_post: WorkerContext | None = None


def issue_batch(code: str, members: list[str]) -> None:
    """The job: issue, then tell. An exception leaves the batch to the rescue."""
    assert _post is not None, "issue_batch runs in a worker started by run_worker"
    job = get_current_job()
    meta = job.meta if job is not None else {}
    about = {"waitroom.room": code, "waitroom.members": len(members)}
    admitted_at = _admitted_at(meta, len(members))
    within_s = job.timeout if job is not None else None
    with _post.around(meta, about):
        issued = issue(_post.engine, code, members, admitted_at=admitted_at, within_s=within_s)
    if job is not None and _post.logs:
        _log_issued(job, issued)
    # Only now: until the commit nobody may be told anything. Dying before this line is harmless:
    # the batch is fed again, and everybody gets the coupon or the refusal that was committed.
    _post.report(issued)


def _admitted_at(meta: Mapping[str, Any], members: int) -> list[datetime]:
    """When each was admitted; nothing in a job of an earlier version, which does not say."""
    times_us = meta.get(ADMITTED_AT_US)
    if times_us is None:
        return []
    if isinstance(times_us, int):
        return [from_us(times_us)] * members
    return [from_us(at_us) for at_us in times_us]


def _log_issued(job: Job, issued: Issued) -> None:
    """The batch, and by which requests its members came; never who they are."""
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
    """In place of RQ's alarm, which raises from a signal handler into whatever runs.

    What a job waits for has bounds of its own: its transaction (`issuance.postgres.deadline`), and
    each call of the line.
    """

    def setup_death_penalty(self) -> None:
        """Nothing is set."""

    def cancel_death_penalty(self) -> None:
        """Nothing was set."""


class WorkerJob(CheckedJob):
    """A job as a worker may run it."""

    functions = {ISSUE_BATCH.name: issue_batch}

    def refresh(self) -> None:
        """Read and check. Raises NoSuchJobError, RefusedJob, also for another deployment's job."""
        super().refresh()
        ours = _post.deployment() if _post is not None else ""
        # Earlier releases wrote none.
        if ours and self.meta.get(DEPLOYMENT, ours) != ours:
            raise RefusedJob(Reason.OTHER_DEPLOYMENT)


class PoolQueue(CheckedQueue):
    """A queue at which nobody waits who was told to stop."""

    @classmethod
    def dequeue_any(cls, *args: Any, **more: Any) -> Any:
        if PoolWorker.was_told_to_stop:
            raise StopRequested
        return super().dequeue_any(*args, **more)


class PoolWorker(SimpleWorker):
    """RQ's worker, for jobs of known kinds; it takes no orders from Redis but the queue's.

    It is back within seconds when Redis is; by itself RQ's would rest up to a minute.
    """

    job_class = WorkerJob
    queue_class: type[Queue] = PoolQueue
    max_connection_wait_time = AGAIN_AFTER_S
    death_penalty_class = NoDeathPenalty
    was_told_to_stop = False

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
        """To no commands: RQ's shut a worker down, and give a job up for good."""

    def check_for_suspension(self, burst: bool) -> None:
        """Never: a key in Redis would suspend the workers of every queue."""

    def run_maintenance_tasks(self) -> None:
        """In place of RQ's, which call what jobs name."""
        for queue in self.queues:
            if queue.acquire_maintenance_lock():
                fail_abandoned_jobs(queue, self._exc_handlers)
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """The handler of SIGTERM and SIGINT: sets flags, and raises nothing, as RQ's own does."""
        del signum, frame
        # Of this process: the handler stays when another worker takes this one's place.
        PoolWorker.was_told_to_stop = True
        self._stop_requested = True

    @property
    def dequeue_timeout(self) -> int:
        """Seconds without a job until the next heartbeat."""
        return WAIT_S

    @property
    def connection_timeout(self) -> int:
        """The same as that of the connection: RQ would set its own, for those it opens later."""
        return QUEUE_TIMEOUT_S

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Register again in a Redis that has lost everything.

        Raises StopRequested in place of a connection's error where this process has to stop: RQ
        would try again before it looks.
        """
        try:
            if pipeline is None and not self.connection.hexists(self.key, "birth"):
                self.connection.delete(self.key)
                self.register_birth()  # type: ignore[no-untyped-call]
            super().heartbeat(timeout, pipeline)
        except (RedisConnectionError, RedisTimeoutError):
            if PoolWorker.was_told_to_stop:
                raise StopRequested from None
            raise
        if pipeline is None and _post is not None:
            _post.idle()


def run_worker(post: WorkerContext, redis: QueueRedis, *, queue: str) -> None:
    """Work until SIGTERM or SIGINT; a batch under way is finished first."""
    global _post
    _post = post
    PoolWorker.was_told_to_stop = False
    while not PoolWorker.was_told_to_stop:
        try:
            PoolWorker.for_queue(queue, redis).work(logging_level="WARNING")
            if PoolWorker.was_told_to_stop:
                return
            # RQ leaves its loop at whatever it did not expect of a Redis that goes or comes.
            log.warning("the worker left its queue; trying again")
        except RedisError as error:
            # RQ waits for a Redis that goes away while it waits for jobs, but not for one that is
            # away when it begins, or goes away while it files one. The batch is fed again.
            if PoolWorker.was_told_to_stop:
                return  # it could not take its leave of Redis; that it was here is soon forgotten
            log.warning("the queue is away; trying again", cause=queue_cause(error))
        except Exception:
            log.exception("unexpected in a loop; trying again", loop="worker")
            post.failed()
        _rest(PoolWorker.max_connection_wait_time)


def _rest(seconds: float) -> None:
    """Less where this process is told to stop."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not PoolWorker.was_told_to_stop:
        time.sleep(min(LOOK_EVERY_S, seconds))


def _log_failure(job: Job, kind: type[BaseException], error: object, _trace: object) -> bool:
    log.error(
        "a batch failed; its members will be fed again",
        batch=job.id,
        kind=kind.__name__,
        error=str(error),
        **({"request_ids": ids} if (ids := _request_ids(job)) else {}),
    )
    return True
