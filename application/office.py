"""The coupon office behind an async interface: a bounded pool of threads and connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import cached_property, partial
from typing import Any, ParamSpec, Protocol, TypeVar

from application.priority_semaphore import PrioritySemaphore
from issuance.errors import OfficeAway

# Longer than that, and it is not there for those who wait either.
PATIENCE_S = 1.5

P = ParamSpec("P")
R = TypeVar("R")


class OfficeLimits(Protocol):
    """db_connections: threads and connections. db_waiting_max: callers that may wait for one, each
    for db_wait_s at most.
    """

    @property
    def db_connections(self) -> int: ...

    @property
    def db_waiting_max(self) -> int: ...

    @property
    def db_wait_s(self) -> float: ...


class Office:
    """The sync coupon office behind an async door, with a bounded number of people inside.

    Callers wait here, not in threads and not in the database. Those who ask `ahead` go before all
    who don't: verified admins, health checks, and readings that everybody shares. Raises OfficeAway
    where too many wait, or one waited too long.
    """

    def __init__(self, limits: OfficeLimits) -> None:
        self._limits = limits
        self._inside = PrioritySemaphore(limits.db_connections)
        self._threads = ThreadPoolExecutor(limits.db_connections, thread_name_prefix="office")
        self._waiting = 0
        self._goes_first = False

    @cached_property
    def priority(self) -> Office:
        """The same office for those who go before the others; they are counted by themselves."""
        ahead = copy(self)
        ahead._goes_first = True
        return ahead

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
        # Shielded: a caller who goes away must not free the place of a query still running.
        return await asyncio.shield(work)

    def _leave(self, work: asyncio.Future[Any]) -> None:
        self._inside.release()
        if not work.cancelled():
            work.exception()  # read here, as the caller may have gone


async def none_if_unavailable(asked: Awaitable[R]) -> R | None:
    """What the office answers, None where it is away or takes longer than PATIENCE_S."""
    try:
        return await asyncio.wait_for(asked, PATIENCE_S)
    except (OfficeAway, TimeoutError):
        return None
