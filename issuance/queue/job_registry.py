"""Job registry: the kinds of jobs, and the checks that a job in Redis must pass before RQ sees it.

RQ imports and calls the function that a job names, so a job that an attacker wrote into Redis
could run any code. The checks only read, bound and compare fields.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from rq.exceptions import NoSuchJobError

from domain.coupon import is_code
from domain.member import is_member_id

# Keys of a job's meta; all are optional.
ORIGINS, TRACEPARENT = "origins", "traceparent"
ADMITTED_AT_US = "admitted_at_us"
DEPLOYMENT = "deployment"

BATCH_MEMBERS_MAX = 5_000  # the bound of BATCH_MAX
ORIGIN_LENGTH_MAX = 200
FIELD_BYTES_MAX = 2_000_000  # of a job's data or meta, as stored and as unpacked
SHORT_FIELD_BYTES_MAX = 200
TIMEOUT_S_MAX = 600  # the bound of JOB_TIMEOUT_S
FAILURE_TTL_S_MAX = 86_400
MICROSECONDS_MAX = 10**17

LONG_FIELDS = ("data", "meta")
SHORT_FIELDS = (
    "created_at",
    "enqueued_at",
    "origin",
    "status",
    "timeout",
    "result_ttl",
    "failure_ttl",
)
# Fields that make RQ call, wait for, repeat or send something. Our jobs have none of them.
INSTRUCTIONS = (
    "success_callback_name",
    "failure_callback_name",
    "stopped_callback_name",
    "webhooks",
    "dependency_id",
    "dependency_ids",
    "allow_dependency_failures",
    "repeats_left",
    "repeat_intervals",
    "retries_left",
    "retry_intervals",
    "number_of_retries",
    "enqueue_at_front_on_retry",
    "group_id",
    "rate_limit_key",
    "rate_limit_concurrency",
    "ttl",
)
STATUSES = frozenset({"queued", "started", "failed", "stopped"})
_JOB_ID = re.compile(rb"[A-Za-z0-9_\-]{1,64}")
_DIGITS = re.compile(rb"[0-9]{1,6}")


class Reason(StrEnum):
    """Why a job is refused; a label of a metric."""

    BAD_ID = "bad_id"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    UNKNOWN_KIND = "unknown_kind"
    BAD_ARGUMENTS = "bad_arguments"
    BAD_META = "bad_meta"
    BAD_FIELD = "bad_field"
    INSTRUCTIONS = "instructions"
    OTHER_DEPLOYMENT = "other_deployment"


class RefusedJob(NoSuchJobError):
    """We never write such a job. It was neither imported nor called.

    detail: the wrong field or argument, never its value.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. name: in Redis; it never changes, even if the function is renamed.

    check: raises RefusedJob if arguments or meta are not those of this kind.
    """

    name: str
    check: Callable[[list[Any], dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class CheckedFields:
    """The fields of a job that passed all checks."""

    kind: JobKind
    args: list[Any]
    origin: str
    status: str
    timeout_s: int
    failure_ttl_s: int
    created_at: datetime
    enqueued_at: datetime | None
    meta: dict[str, Any] = field(default_factory=dict)


def parse_job_id(raw: bytes) -> str | None:
    """A job's id from Redis; None if it is not a valid id."""
    return raw.decode() if _JOB_ID.fullmatch(raw) else None


def check_job(fields: Mapping[str, bytes | None]) -> CheckedFields:
    """Check a job's LONG_FIELDS and SHORT_FIELDS. Raises RefusedJob."""
    kind, args = _call(fields)
    meta = _meta(fields)
    kind.check(args, meta)
    created_at = parse_moment(fields, "created_at")
    if created_at is None:
        raise RefusedJob(Reason.BAD_FIELD, "created_at")
    if (fields.get("result_ttl") or b"0") != b"0":
        raise RefusedJob(Reason.BAD_FIELD, "result_ttl")
    status = _text(fields, "status")
    if status not in STATUSES:
        raise RefusedJob(Reason.BAD_FIELD, "status")
    return CheckedFields(
        kind=kind,
        args=args,
        origin=_text(fields, "origin"),
        status=status,
        timeout_s=_whole(fields, "timeout", TIMEOUT_S_MAX),
        failure_ttl_s=_whole(fields, "failure_ttl", FAILURE_TTL_S_MAX),
        created_at=created_at,
        enqueued_at=parse_moment(fields, "enqueued_at"),
        meta=meta,
    )


def _call(fields: Mapping[str, bytes | None]) -> tuple[JobKind, list[Any]]:
    call = _json(_decompress(fields.get("data") or b""), "data")
    if not isinstance(call, list) or len(call) != 4:
        raise RefusedJob(Reason.UNREADABLE, "data")
    name, instance, args, kwargs = call
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise RefusedJob(Reason.UNKNOWN_KIND)
    if instance is not None:
        raise RefusedJob(Reason.BAD_ARGUMENTS, "instance")
    if kwargs != {} or not isinstance(args, list):
        raise RefusedJob(Reason.BAD_ARGUMENTS, "kwargs" if kwargs != {} else "args")
    return kind, args


def _meta(fields: Mapping[str, bytes | None]) -> dict[str, Any]:
    raw = fields.get("meta")
    meta = _json(raw, "meta") if raw else {}
    if not isinstance(meta, dict):
        raise RefusedJob(Reason.BAD_META)
    return meta


def _decompress(data: bytes) -> bytes:
    """As RQ does: data that is not compressed is returned unchanged. Raises RefusedJob."""
    unpack = zlib.decompressobj()
    try:
        unpacked = unpack.decompress(data, FIELD_BYTES_MAX)
    except zlib.error:
        return data
    if unpack.unconsumed_tail:
        raise RefusedJob(Reason.TOO_LARGE, "data")
    if not unpack.eof:
        raise RefusedJob(Reason.UNREADABLE, "data")
    return unpacked


def _json(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise RefusedJob(Reason.UNREADABLE, name) from None


def _text(fields: Mapping[str, bytes | None], name: str) -> str:
    try:
        return (fields.get(name) or b"").decode("ascii")
    except UnicodeDecodeError:
        raise RefusedJob(Reason.BAD_FIELD, name) from None


def _whole(fields: Mapping[str, bytes | None], name: str, most: int) -> int:
    raw = fields.get(name) or b""
    if not _DIGITS.fullmatch(raw) or not 1 <= int(raw) <= most:
        raise RefusedJob(Reason.BAD_FIELD, name)
    return int(raw)


def parse_moment(fields: Mapping[str, bytes | None], name: str) -> datetime | None:
    """A time in RQ's format, ISO 8601 in UTC; None if the field is empty. Raises RefusedJob."""
    text = _text(fields, name)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedJob(Reason.BAD_FIELD, name) from None


def _check_issue_batch(args: list[Any], meta: dict[str, Any]) -> None:
    """The arguments are a coupon's code and 1 to BATCH_MEMBERS_MAX member ids."""
    if len(args) != 2:
        raise RefusedJob(Reason.BAD_ARGUMENTS, "args")
    code, members = args
    if not isinstance(code, str) or not is_code(code):
        raise RefusedJob(Reason.BAD_ARGUMENTS, "code")
    if not isinstance(members, list) or not 1 <= len(members) <= BATCH_MEMBERS_MAX:
        raise RefusedJob(Reason.BAD_ARGUMENTS, "members")
    if not all(isinstance(one, str) and is_member_id(one) for one in members):
        raise RefusedJob(Reason.BAD_ARGUMENTS, "members")
    for name, value in meta.items():
        check = _META.get(name)
        if check is None or not check(value, len(members)):
            # An unknown key may be any text, so it must not reach the log.
            raise RefusedJob(Reason.BAD_META, name if check else "unknown key")


def _are_origins(value: Any, members_count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= members_count
        and all(isinstance(one, str) and len(one) <= ORIGIN_LENGTH_MAX for one in value)
    )


def _is_short_text(value: Any, _members_count: int) -> bool:
    return isinstance(value, str) and len(value) <= ORIGIN_LENGTH_MAX


def _are_moments(value: Any, members_count: int) -> bool:
    """One time for all members, or one for each."""
    if isinstance(value, list):
        return len(value) == members_count and all(_is_moment(one) for one in value)
    return _is_moment(value)


def _is_moment(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MICROSECONDS_MAX


_META: Mapping[str, Callable[[Any, int], bool]] = {
    ORIGINS: _are_origins,
    TRACEPARENT: _is_short_text,
    ADMITTED_AT_US: _are_moments,
    DEPLOYMENT: _is_short_text,
}

ISSUE_BATCH = JobKind("issuance.worker.issue_batch", _check_issue_batch)
KINDS: Mapping[str, JobKind] = {kind.name: kind for kind in (ISSUE_BATCH,)}
