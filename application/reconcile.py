"""Redis held against Postgres, part by part, while a crowd may be under way.

Whatever is found is looked at again after a pause, and is named only if it is still so: what was
merely under way is gone by then. Nothing is changed but by `mend`.
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
# An admitter comes by a few times a second; who is overdue for longer is fed by nobody.
OVERDUE_BY_S = 2.0
FOUND_MAX = 10_000  # so many of a kind are named in one go; the next go finds the others
AT_ONCE = 1_000
TRIES = 5
LEASE_S = 15.0


class RunCall(Protocol):
    """Runs a sync call of the coupon office elsewhere: `asyncio.to_thread`, or the office's."""

    async def __call__(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class FailedJobs:
    """What is asked of RQ: a coupon's failed jobs; to mend, forgetting them and feeding
    members, with when each was admitted.

    Each raises OfficeAway.
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
    """The queue of this name; batch_max: members a job. deployment: as the desk's."""
    limits = JobQueueLimits(batch_max=batch_max)
    return FailedJobs(
        failed=partial(list_failed_jobs, conveyor, name),
        forget=partial(forget_failed_jobs, conveyor, name),
        feed=JobQueue(conveyor, queue=name, limits=limits, deployment=deployment).enqueue,
    )


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What was found, and what of it, or what else, is left after it was mended."""

    found: Found
    left: Found


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Both accounts of one coupon. Raises LineError, OfficeError."""

    line: Line
    engine: Engine
    queue: FailedJobs
    ask: RunCall
    code: str

    async def differences(self, *, again_after_s: float = AGAIN_AFTER_S) -> Found:
        """By kind, what is so now and was so `again_after_s` before. Raises NoSuchRoom."""
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
        # Under way first: who is told in between is among the told.
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
        """The same look at those that were found, and at the others that are few."""
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
        """Look, mend what is found, and look again. Raises NoSuchRoom."""
        found = await self.differences(again_after_s=again_after_s)
        if not found:
            return RepairResult(found, found)
        await self.mend(found, who=who, now=now)
        return RepairResult(found, await self.differences(again_after_s=again_after_s))

    async def mend(self, found: Found, *, who: str, now: datetime) -> None:
        """Mend what was found; what can't be mended is found again by the next look.

        Written down before anything is done: Redis and Postgres can't be changed in one
        transaction, and who has asked for it must be known also where it ends half way.
        """
        counts = {kind: len(subjects) for kind, subjects in found.items()}
        await self.ask(audit.note, self.engine, who, "differences mended", self.code, counts, now)
        feed, forget = self.queue.feed, self.queue.forget
        if "used_count_off" in found:
            await self.ask(_recount, self.engine, self.code, who, now)
        if "used_count_off" in found or "line_count_off" in found:
            await self._mend_line_count()
        untrue = found.get("told_without_row", [])
        await self.line.audit.retract(self.code, untrue)
        for some in _chunks(found.get("row_not_told", [])):
            await self._report_issued(some)
        for some in _chunks([*untrue, *found.get("outcome_overdue", [])]):
            admitted = await self.line.audit.lease(self.code, some, for_s=LEASE_S)
            await self.ask(feed, self.code, list(admitted), list(admitted.values()))
        await self.ask(forget, found.get("job_failed", []))

    async def _mend_line_count(self) -> None:
        """The crowd changes the room meanwhile: some tries, and the next look says if in vain."""
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
        return  # more rows than coupons: that is for somebody to look at


def _chunks(members: Sequence[str]) -> list[list[str]]:
    return [list(members[start : start + AT_ONCE]) for start in range(0, len(members), AT_ONCE)]
