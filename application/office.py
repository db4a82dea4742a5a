"""Office: an async interface to the coupon office, with a bounded pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import cached_property, partial
from typing import Any, ParamSpec, Protocol, TypeVar

from application.priority_semaphore import PrioritySemaphore
from issuance.errors import OfficeAway

# A slower answer counts as none.
PATIENCE_S = 1.5

P = ParamSpec("P")
R = TypeVar("R")


class OfficeLimits(Protocol):
    """db_connections: threads and connections. db_waiting_max: callers that may wait for one, each
    at most db_wait_s.
    """

    @property
    def db_connections(self) -> int: ...

    @property
    def db_waiting_max(self) -> int: ...

    @property
    def db_wait_s(self) -> float: ...


class Office:
    """Runs sync calls of the coupon office in threads, a bounded number at a time.

    Callers wait here, not in threads and not in the database. Calls through `priority` go first:
    those of verified admins, health checks and shared caches. Raises OfficeAway where too many
    callers wait, or one waited too long.
    """

    def __init__(self, limits: OfficeLimits) -> None:
        self._limits = limits
        self._inside = PrioritySemaphore(limits.db_connections)
        self._threads = ThreadPoolExecutor(limits.db_connections, thread_name_prefix="office")
        self._waiting = 0
        self._goes_first = False

    @cached_property
    def priority(self) -> Office:
        """The same office for calls that go first; its waiting callers are counted separately."""
        priority = copy(self)
        priority._goes_first = True
        return priority

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._waiting >= self._limits.db_waiting_max:
            raise OfficeAway
        self._waiting += 1
        try:
            await asyncio.wait_for(
                self._inside.acquire(first=self._goes_first), self._limits.db_wait_s
            )
        except TimeoutError as error:
            raise OfficeAway from error
        finally:
            self._waiting -= 1
        run = partial(call, *args, **kwargs)
        work = asyncio.get_running_loop().run_in_executor(self._threads, run)
        work.add_done_callback(self._leave)
        # Shielded: a cancelled caller must not free the slot of a query that still runs.
        return await asyncio.shield(work)

    def _leave(self, work: asyncio.Future[Any]) -> None:
        self._inside.release()
        if not work.cancelled():
            work.exception()  # retrieve it, as the caller may be cancelled


async def none_if_unavailable(asked: Awaitable[R]) -> R | None:
    """The office's answer, or None where it is unreachable or slower than PATIENCE_S."""
    try:
        return await asyncio.wait_for(asked, PATIENCE_S)
    except (OfficeAway, TimeoutError):
        return None
