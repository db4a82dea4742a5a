"""Reconciliation: compares a room's Redis with Postgres in parts, also during a sale.

It checks each difference again after a pause and reports it only if it is still there: those of
work in progress are gone by then. Only `repair` changes anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from application.report_outcomes import make_outcome
from domain.differences import (
    Counts,
    Difference,
    Kind,
    by_kind,
    counts_off,
    in_both,
    row_not_told,
    told_without_row,
)
from issuance import audit, issued_coupons
from issuance.postgres.engine import Engine
from issuance.queue.job_queue import JobQueue, JobQueueLimits, forget_failed_jobs, list_failed_jobs
from issuance.queue.redis_connection import QueueRedis
from waitroom.line import Line

R = TypeVar("R")
Found = Mapping[Kind, list[str]]
AGAIN_AFTER_S = 2.0
# Admitters look for overdue members a few times a second, so a longer delay means that none does.
OVERDUE_BY_S = 2.0
FOUND_MAX = 10_000  # of a kind in one run; the next run finds the others
AT_ONCE = 1_000
TRIES = 5
LEASE_S = 15.0


class RunCall(Protocol):
    """Runs a sync call of the coupon office in a thread: `asyncio.to_thread` or `Office.run`."""

    async def __call__(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class FailedJobs:
    """The needed calls of RQ: list a coupon's failed jobs, delete jobs, and feed members with their
    times of admission. Each raises OfficeAway.
    """

    failed: Callable[[str], list[str]]
    forget: Callable[[Sequence[str]], None]
    feed: Callable[[str, Sequence[str], Sequence[int]], object]


def failed_jobs_in(
    conveyor: QueueRedis,
    name: str,
    *,
    batch_max: int = JobQueueLimits().batch_max,
    deployment: str = "",
) -> FailedJobs:
    """Of the queue of this name. batch_max: members per job. deployment: its id, for new jobs."""
    limits = JobQueueLimits(batch_max=batch_max)
    return FailedJobs(
        failed=partial(list_failed_jobs, conveyor, name),
        forget=partial(forget_failed_jobs, conveyor, name),
        feed=JobQueue(conveyor, queue=name, limits=limits, deployment=deployment).enqueue,
    )


@dataclass(frozen=True, slots=True)
class RepairResult:
    """The differences before and after the repair."""

    found: Found
    left: Found


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One coupon's data in Redis and Postgres. Raises LineError, OfficeError."""

    line: Line
    engine: Engine
    queue: FailedJobs
    ask: RunCall
    code: str

    async def differences(self, *, again_after_s: float = AGAIN_AFTER_S) -> Found:
        """By kind, the differences that persist for `again_after_s`. Raises NoSuchRoom."""
        counts = await self._counts()
        found = [
            *await self._find_told_without_row(),
            *await self._find_rows_not_told(),
            *await self._others(),
        ]
        await asyncio.sleep(again_after_s)
        still = in_both(found, await self._again(found))
        return by_kind([*counts_off(counts, await self._counts()), *still])

    async def _counts(self) -> Counts:
        line = await self.line.audit.used_count(self.code)
        used, rows = await self.ask(issued_coupons.count_issued, self.engine, self.code)
        return Counts(used, rows, line)

    async def _find_told_without_row(self) -> list[Difference]:
        found: dict[Difference, None] = {}
        async for told in self.line.audit.scan_issued(self.code):
            for start in range(0, len(told), AT_ONCE):
                some = told[start : start + AT_ONCE]
                held = await self.ask(issued_coupons.find_held_by, self.engine, self.code, some)
                found.update(dict.fromkeys(told_without_row(some, held)))
            if len(found) >= FOUND_MAX:
                break
        return list(found)[:FOUND_MAX]

    async def _find_rows_not_told(self) -> list[Difference]:
        found: list[Difference] = []
        last = ""
        while len(found) < FOUND_MAX:
            some = await self.ask(issued_coupons.list_holders_after, self.engine, self.code, last)
            if not some:
                break
            found += await self._untold_of(some)
            last = some[-1]
        return found[:FOUND_MAX]

    async def _untold_of(self, holders: Sequence[str]) -> list[Difference]:
        # In progress first: a member whose outcome arrives in between is then found as issued.
        under_way = await self.line.audit.filter_in_progress(self.code, holders)
        told = await self.line.audit.filter_issued(self.code, holders)
        return row_not_told(holders, told, under_way)

    async def _others(self) -> list[Difference]:
        overdue = await self.line.audit.list_overdue(
            self.code, by_s=OVERDUE_BY_S, at_most=FOUND_MAX
        )
        failed = await self.ask(self.queue.failed, self.code)
        return [
            *(Difference("outcome_overdue", member) for member in overdue),
            *(Difference("job_failed", job) for job in failed),
        ]

    async def _again(self, found: Sequence[Difference]) -> list[Difference]:
        """Check those found again; the other kinds are few, so list them anew."""
        kinds = by_kind(found)
        told = await self._still_told(kinds.get("told_without_row", []))
        again = await self._others()
        for some in _chunks(told):
            again += told_without_row(
                some, await self.ask(issued_coupons.find_held_by, self.engine, self.code, some)
            )
        for some in _chunks(kinds.get("row_not_told", [])):
            again += await self._untold_of(some)
        return again

    async def _still_told(self, members: Sequence[str]) -> list[str]:
        told: list[str] = []
        for some in _chunks(members):
            told += await self.line.audit.filter_issued(self.code, some)
        return told

    async def repair(
        self, *, who: str, now: datetime, again_after_s: float = AGAIN_AFTER_S
    ) -> RepairResult:
        """Find differences, repair them, and look again. Raises NoSuchRoom."""
        found = await self.differences(again_after_s=again_after_s)
        if not found:
            return RepairResult(found, found)
        await self.repair_found(found, who=who, now=now)
        return RepairResult(found, await self.differences(again_after_s=again_after_s))

    async def repair_found(self, found: Found, *, who: str, now: datetime) -> None:
        """Repair these; the next look finds what could not be repaired.

        Writes the audit entry first: no transaction spans Redis and Postgres, and the entry must
        exist even if the repair stops half way.
        """
        counts = {kind: len(subjects) for kind, subjects in found.items()}
        await self.ask(audit.note, self.engine, who, "differences repaired", self.code, counts, now)
        feed, forget = self.queue.feed, self.queue.forget
        if "used_count_off" in found:
            await self.ask(_recount, self.engine, self.code, who, now)
        if "used_count_off" in found or "line_count_off" in found:
            await self._correct_line_count()
        untrue = found.get("told_without_row", [])
        await self.line.audit.retract(self.code, untrue)
        for some in _chunks(found.get("row_not_told", [])):
            await self._report_issued(some)
        # There may be too few coupons for all of them.
        again = [*untrue, *found.get("outcome_overdue", [])]
        for some in _chunks(await self.line.audit.sort_admitted(self.code, again)):
            admitted = await self.line.audit.lease(self.code, some, for_s=LEASE_S)
            await self.ask(feed, self.code, list(admitted), list(admitted.values()))
        await self.ask(forget, found.get("job_failed", []))

    async def _correct_line_count(self) -> None:
        """Try a few times, as workers change the count meanwhile; the next look shows a failure."""
        for _ in range(TRIES):
            counts = await self._counts()
            if counts.line == counts.used:
                return
            if await self.line.audit.set_used_count(self.code, counts.line, counts.used):
                return

    async def _report_issued(self, members: Sequence[str]) -> None:
        held = await self.ask(issued_coupons.find_held_by, self.engine, self.code, members)
        used, _ = await self.ask(issued_coupons.count_issued, self.engine, self.code)
        outcomes = {member: make_outcome(one, self.code) for member, one in held.items()}
        await self.line.report(self.code, used, outcomes)


def _recount(engine: Engine, code: str, who: str, now: datetime) -> None:
    try:
        issued_coupons.correct_used_count(engine, code, who=who, now=now)
    except ValueError:
        return  # more rows than coupons: an admin must look at this


def _chunks(members: Sequence[str]) -> list[list[str]]:
    return [list(members[start : start + AT_ONCE]) for start in range(0, len(members), AT_ONCE)]
