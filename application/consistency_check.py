"""Holds each room's Redis against Postgres now and then, at a low cost, and says so.

It mends nothing: what is off may be the trace of a fault, which has to be understood first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from application.reconcile import FailedJobs, Reconciliation
from domain.differences import KINDS
from issuance.errors import NoSuchCoupon, OfficeError
from issuance.postgres.engine import Engine
from waitroom.errors import NoSuchRoom
from waitroom.line import Line

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
# After each call of Postgres it rests as many times longer: a million rows take minutes, and a
# sixth of one connection meanwhile.
REST = 5.0
REST_MIN_S = 0.005
GO_ON_AFTER_S = 5.0


class HasIsOpen(Protocol):
    is_open: bool


class ConsistencyCheck:
    """Any number may run: each room is checked by one, and by one at a time.

    every_s: between the end of a check and the next of the same room.
    """

    def __init__(
        self, line: Line, engine: Engine, queue: FailedJobs, desk: HasIsOpen, *, every_s: float
    ) -> None:
        self._line = line
        self._engine = engine
        self._queue = queue
        self._desk = desk
        self._every_s = every_s

    async def run_once(self) -> float:
        """Check the rooms that are due; seconds until the next look. Raises LineAway, OfficeAway.

        Not while Postgres is away: that is said already.
        """
        for code in await self._line.codes():
            if self._desk.is_open and await self._line.check_lease.begin(code):
                await self._check(code)
        return min(self._every_s, LOOK_EVERY_S)

    async def _check(self, code: str) -> None:
        checks = self._line.check_lease
        books = Reconciliation(
            self._line, self._engine, self._queue, _ThrottledCalls(self._line, code), code
        )
        try:
            found = await books.differences()
        except (NoSuchRoom, NoSuchCoupon):  # retired meanwhile, or another database's
            await checks.postpone(code, for_s=self._every_s)
            return
        except OfficeError:  # else nobody could begin for as long as it is held
            await checks.postpone(code, for_s=LOOK_EVERY_S)
            raise
        counts: dict[str, int] = {kind: len(found.get(kind, ())) for kind in KINDS}
        for kind, count in counts.items():
            if count:
                log.warning("Redis and Postgres differ", room=code, kind=kind, count=count)
        await checks.end(code, counts, again_after_s=self._every_s)


class _ThrottledCalls:
    """Asks Postgres and rests, and keeps the check ours meanwhile."""

    def __init__(self, line: Line, code: str) -> None:
        self._line = line
        self._code = code
        self._said_at = time.monotonic()

    async def __call__(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        began = time.monotonic()
        answer = await asyncio.to_thread(call, *args, **more)
        took_s = time.monotonic() - began
        await asyncio.sleep(max(REST_MIN_S, REST * took_s))
        if time.monotonic() - self._said_at > GO_ON_AFTER_S:
            await self._line.check_lease.renew(self._code)
            self._said_at = time.monotonic()
        return answer
