"""Checked jobs: RQ's job and queue classes, which accept only what the job registry accepts.

Written against `job.py` and `queue.py` of RQ 3.0. Unlike RQ, they never import what a field names,
follow a job's dependents, or read a field of unlimited size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice, product
from typing import Any, ClassVar, Self

import structlog
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from domain.unix_time import from_us
from issuance.queue.job_registry import (
    FIELD_BYTES_MAX,
    INSTRUCTIONS,
    LONG_FIELDS,
    SHORT_FIELD_BYTES_MAX,
    SHORT_FIELDS,
    CheckedFields,
    Reason,
    RefusedJob,
    check_job,
    parse_job_id,
    parse_moment,
)

Fields = dict[str, bytes | None]
READ = (*LONG_FIELDS, *SHORT_FIELDS)
_COUNT = re.compile(rb"[0-9]{1,18}")
REFUSED_KEPT_S = 3_600  # a refused job's hash, for debugging

log = structlog.get_logger(__name__)


class CheckedJob(Job):
    """A job whose fields are checked when they are read from Redis."""

    # The functions that a job may call, by its kind's name; none outside a worker.
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = {}

    @property
    def func(self) -> Callable[..., Any]:
        """Replaces RQ's, which imports the function that the job names."""
        function = self.functions.get(self.func_name or "")
        if function is None:
            raise RefusedJob(Reason.UNKNOWN_KIND)
        return function

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Self:  # noqa: A002, ARG003
        """Raises NoSuchJobError, or its subclass RefusedJob."""
        if parse_job_id(id.encode()) is None:
            raise RefusedJob(Reason.BAD_ID)
        job = cls(id, connection=connection, serializer=JSONSerializer)
        job.refresh()
        return job

    @classmethod
    def fetch_own(cls, job_ids: Sequence[str], connection: Redis) -> list[Self]:
        """The jobs in this order, without missing and refused ones; in two round trips."""
        jobs = []
        keys = [cls.key_for(job_id) for job_id in job_ids]
        for job_id, fields in zip(job_ids, _read_each(connection, keys), strict=True):
            job = cls(job_id, connection=connection, serializer=JSONSerializer)
            with suppress(NoSuchJobError):
                if isinstance(fields, NoSuchJobError):
                    raise fields
                job._set_fields(check_job(fields))
                jobs.append(job)
        return jobs

    @classmethod
    def fetch_many(cls, *_: Any, **_more: Any) -> list[Job | None]:
        """RQ uses it for jobs that other jobs name; ours name none."""
        return []

    def refresh(self) -> None:
        """Read and check. Raises NoSuchJobError, RefusedJob."""
        self._set_fields(check_job(read_fields(self.connection, self.key)))

    def restore(self, _raw_data: Mapping[Any, Any]) -> None:
        """Replaces RQ's, which accepts every field unchecked. Raises RefusedJob."""
        raise RefusedJob(Reason.UNREADABLE)

    def _set_fields(self, fields: CheckedFields) -> None:
        self._func_name = fields.kind.name
        self._instance = None
        self._args = fields.args
        self._kwargs = {}
        self.meta = fields.meta
        self.origin = fields.origin
        self.description = fields.kind.name
        self._status = JobStatus(fields.status)
        self.created_at = fields.created_at
        self.enqueued_at = fields.enqueued_at
        self.timeout = fields.timeout_s
        self.result_ttl = 0
        self.failure_ttl = fields.failure_ttl_s

    def delete(self, pipeline: Any = None, *_: Any, **_more: Any) -> None:
        """Delete only this job's keys: RQ's also follows its references to other jobs."""
        connection = pipeline if pipeline is not None else self.connection
        forget_job(connection, self.id)


def forget_job(connection: Any, job_id: str) -> None:
    """Delete every key that RQ keeps for a job."""
    prefix = CheckedJob.redis_job_namespace_prefix
    key = CheckedJob.key_for(job_id)
    connection.delete(
        key,
        CheckedJob.dependents_key_for(job_id),
        f"{prefix}:{job_id}:dependencies",
        f"rq:results:{job_id}",
        f"rq:executions:{job_id}",
    )


def read_fields(connection: Redis, key: str) -> Fields:
    """A job's fields, if their lengths are in bounds. Raises NoSuchJobError, RefusedJob."""
    (fields,) = _read_each(connection, [key])
    if isinstance(fields, NoSuchJobError):
        raise fields
    return fields


def _read_each(connection: Redis, keys: Sequence[str]) -> list[Fields | NoSuchJobError]:
    """The fields of each job, or the error instead of them. Raises RedisError."""
    with connection.pipeline(transaction=False) as pipe:
        for key, name in product(keys, (*READ, *INSTRUCTIONS)):
            pipe.hstrlen(key, name)
        answers = iter(pipe.execute(raise_on_error=False))
    errors = [_check_lengths(list(islice(answers, len(READ) + len(INSTRUCTIONS)))) for _ in keys]
    to_read = [key for key, error in zip(keys, errors, strict=True) if error is None]
    with connection.pipeline(transaction=False) as pipe:
        for key in to_read:
            pipe.hmget(key, READ)
        values = iter(pipe.execute())
    return [
        dict(zip(READ, next(values), strict=True)) if error is None else error for error in errors
    ]


def _check_lengths(answers: Sequence[Any]) -> NoSuchJobError | None:
    """The error if fields of these lengths must not be read. Raises RedisError."""
    for answer in answers:
        if isinstance(answer, ResponseError) and str(answer).startswith("WRONGTYPE"):
            return RefusedJob(Reason.UNREADABLE, "not a hash")
        if isinstance(answer, Exception):
            raise answer
    bytes_of = dict(zip((*READ, *INSTRUCTIONS), answers, strict=True))
    if not bytes_of["data"]:
        return NoSuchJobError("no such job")
    for name in INSTRUCTIONS:
        if bytes_of[name]:
            return RefusedJob(Reason.INSTRUCTIONS, name)
    for name in READ:
        if bytes_of[name] > (FIELD_BYTES_MAX if name in LONG_FIELDS else SHORT_FIELD_BYTES_MAX):
            return RefusedJob(Reason.TOO_LARGE, name)
    return None


def redis_now(redis: Redis) -> datetime:
    """Redis' time. Raises RedisError."""
    reply: Any = redis.time()
    seconds, us = reply
    return from_us(int(seconds) * 1_000_000 + int(us))


def enqueued_at(redis: Redis, job_id: str) -> datetime | None:
    """When a job was enqueued, by the queue's Redis; None if unreadable. Raises RedisError."""
    try:
        return parse_moment(read_fields(redis, CheckedJob.key_for(job_id)), "enqueued_at")
    except NoSuchJobError:
        return None


class CheckedQueue(Queue):
    """A queue that returns jobs of known kinds, and refuses all others."""

    job_class = CheckedJob

    def __init__(self, name: str = "default", connection: Redis | None = None, **more: Any) -> None:
        more["serializer"] = JSONSerializer
        super().__init__(name, connection, **more)

    def _prepare_for_queue(self, job: Job) -> None:
        """As RQ's, but with Redis' time: other hosts compute from it how long the job waited."""
        super()._prepare_for_queue(job)
        job.enqueued_at = redis_now(self.connection)

    @classmethod
    def lmove(cls, connection: Redis, queue_key: str, timeout: int | None) -> Any:
        """The queue's key and the next job's id. Entries that are not an id are refused."""
        while True:
            moved: Any = super().lmove(connection, queue_key, timeout)
            if moved is None or parse_job_id(moved[1]) is not None:
                return moved
            queue = cls.from_queue_key(queue_key, connection=connection)
            refuse_job(queue, moved[1], RefusedJob(Reason.BAD_ID))

    @classmethod
    def _fetch_dequeued_job(  # type: ignore[override]
        cls, connection: Redis, queue_key: str, job_id: str, job_class: Any = None, **_more: Any
    ) -> tuple[Job, Queue] | None:
        """The job; None if it is missing or refused: RQ then takes the next one."""
        queue = cls.from_queue_key(queue_key, connection=connection, job_class=job_class)
        job = fetch_or_refuse(queue, job_id)
        return (job, queue) if job is not None else None

    def move_dependents_to_ready(self, *_: Any, **_more: Any) -> dict[str, list[str]]:
        """Does nothing: our jobs have no dependents."""
        return {}

    def enqueue_dependents(self, *_: Any, **_more: Any) -> dict[str, list[str]]:
        """As `move_dependents_to_ready`."""
        return {}


def fetch_or_refuse(queue: Queue, job_id: str) -> Job | None:
    """A job of this queue; None if it is missing, or refused, which is logged and counted."""
    try:
        job = queue.job_class.fetch(job_id, queue.connection)
        if job.origin != queue.name:
            raise RefusedJob(Reason.BAD_FIELD, "origin")
    except RefusedJob as refused:
        refuse_job(queue, job_id.encode(), refused)
        return None
    except NoSuchJobError:
        queue.connection.lrem(queue.intermediate_queue_key, 0, job_id)
        return None
    return job


def refuse_job(queue: Queue, raw_id: bytes, refused: RefusedJob) -> None:
    """Remove a job from the queue for good, log it and count it. Raises RedisError."""
    job_id = parse_job_id(raw_id)
    with queue.connection.pipeline(transaction=False) as pipe:
        pipe.lrem(queue.intermediate_queue_key, 0, raw_id)  # type: ignore[arg-type]
        pipe.zrem(f"rq:failed:{queue.name}", raw_id)
        if job_id is not None:
            pipe.expire(CheckedJob.key_for(job_id), REFUSED_KEPT_S)
        pipe.hincrby(refused_key(queue.name), refused.reason, 1)
        answers = pipe.execute(raise_on_error=False)
    if isinstance(answers[0], RedisError):
        raise answers[0]
    log.error(
        "refused a job: this deployment's admitters don't write such jobs",
        queue=queue.name,
        job=job_id or "not an id",
        reason=str(refused.reason),
        what=refused.detail,
    )


def refused_key(queue: str) -> str:
    return f"waitroom:queue:{queue}:refused"


def refused_counts(redis: Redis, queue: str) -> dict[str, int]:
    """How many jobs of this queue were refused so far, by reason. Raises RedisError."""
    counts: Sequence[Any] = redis.hmget(refused_key(queue), [str(reason) for reason in Reason])
    return {
        str(reason): int(count) if count and _COUNT.fullmatch(count) else 0
        for reason, count in zip(Reason, counts, strict=True)
    }
