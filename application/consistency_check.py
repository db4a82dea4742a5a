"""ConsistencyCheck: compares each room's Redis with Postgres regularly, and logs differences.

It repairs nothing: a difference may be the trace of a fault, which an admin must see first.
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
# Rests after each call of Postgres for this many times its duration: a million rows take minutes,
# and use a sixth of one connection.
REST = 5.0
REST_MIN_S = 0.005
RENEW_AFTER_S = 5.0


class HasIsOpen(Protocol):
    is_open: bool


class ConsistencyCheck:
    """Any number may run: one at a time checks a room (`CheckLease`).

    every_s: from the end of a room's check to its next.
    """

    def __init__(
        self,
        line: Line,
        engine: Engine,
        queue: FailedJobs,
        destination: HasIsOpen,
        *,
        every_s: float,
    ) -> None:
        self._line = line
        self._engine = engine
        self._queue = queue
        self._destination = destination
        self._every_s = every_s

    async def run_once(self) -> float:
        """Check the rooms that are due; returns the seconds to the next run.

        Skips all while Postgres is unreachable. Raises LineAway, OfficeAway.
        """
        for code in await self._line.codes("coupon"):
            if self._destination.is_open and await self._line.check_lease.begin(code):
                await self._check(code)
        return min(self._every_s, LOOK_EVERY_S)

    async def _check(self, code: str) -> None:
        checks = self._line.check_lease
        books = Reconciliation(
            self._line, self._engine, self._queue, _ThrottledCalls(self._line, code), code
        )
        try:
            found = await books.differences()
        except (NoSuchRoom, NoSuchCoupon):  # retired meanwhile, or of another database
            await checks.postpone(code, for_s=self._every_s)
            return
        except OfficeError:  # without this, no process could retry before the lease ends
            await checks.postpone(code, for_s=LOOK_EVERY_S)
            raise
        counts: dict[str, int] = {kind: len(found.get(kind, ())) for kind in KINDS}
        for kind, count in counts.items():
            if count:
                log.warning("Redis and Postgres differ", room=code, kind=kind, count=count)
        await checks.end(code, counts, again_after_s=self._every_s)


class _ThrottledCalls:
    """Runs calls of Postgres with rests in between, and renews the check's lease."""

    def __init__(self, line: Line, code: str) -> None:
        self._line = line
        self._code = code
        self._renewed_at = time.monotonic()

    async def __call__(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        began = time.monotonic()
        answer = await asyncio.to_thread(call, *args, **more)
        took_s = time.monotonic() - began
        await asyncio.sleep(max(REST_MIN_S, REST * took_s))
        if time.monotonic() - self._renewed_at > RENEW_AFTER_S:
            await self._line.check_lease.renew(self._code)
            self._renewed_at = time.monotonic()
        return answer
