"""ListingCache: what Postgres lists, read at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Generic, TypeVar

import structlog

from issuance.errors import OfficeAway

log = structlog.get_logger(__name__)

FRESH_S = 1.0
# A Postgres that hangs answers no reading for seconds, and a site's proxy can't wait so long.
PATIENCE_S = 1.0
# A process that nobody asked for so long waits for its next reading, though the last one hung.
FORGIVEN_AFTER_S = 10.0
T = TypeVar("T")


class ListingCache(Generic[T]):
    """Entries at most `fresh_s` old; while Postgres is unreachable, the last ones that were read.

    Reads once at a time; concurrent callers share the result. code_of: an entry's code. has_pages:
    whether anybody but admins may know of it: only these entries are found, except by
    `all_entries`. patience_s: callers wait so long for a reading where there are earlier entries;
    once it took longer, they wait no more until Postgres has answered, or a while after they asked
    last.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[T]]],
        code_of: Callable[[T], str],
        has_pages: Callable[[T], bool],
        *,
        fresh_s: float = FRESH_S,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._code_of = code_of
        self._has_pages = has_pages
        self._fresh_s = fresh_s
        self._patience_s = patience_s
        self._clock = clock
        self._entries: dict[str, T] | None = None
        self._all: dict[str, T] = {}
        self._read_at = float("-inf")
        self._changes = self._changes_read = 0
        self._edition = 0
        self._reading: asyncio.Task[None] | None = None
        self._hangs = False
        self._is_doubtful = False
        self._tried_at = float("-inf")

    def forget(self) -> None:
        """Read again at the next call, as this process has changed an entry."""
        self._changes += 1
        self._read_at = float("-inf")

    def known(self, code: str) -> T | None:
        """The entry, without waiting; None where Postgres must be asked, or has none."""
        return self._entries.get(code) if self._entries is not None and self._is_fresh() else None

    def last_known(self) -> Collection[T]:
        """All entries as last read, however old."""
        return (self._entries or {}).values()

    async def current(self) -> dict[str, T]:
        """All entries by code. Raises OfficeAway before the first successful read."""
        if self._entries is not None and self._is_fresh():
            return self._entries
        # A reading under way may miss a change of this process: then there is another.
        for _ in range(2):
            began_now = self._reading is None or self._reading.done()
            await self._wait_for(self._started())
            if self._entries is not None and (self._is_fresh() or began_now or self._hangs):
                break
        assert self._entries is not None
        return self._entries

    async def entry(self, code: str) -> T | None:
        """The entry; None where there is none.

        Waits also for a Postgres that hangs, where the last entries don't have it: it may be new.
        Raises OfficeAway where Postgres can't be asked about it.
        """
        found = (await self.current()).get(code)
        if found is None and self._is_doubtful:
            await asyncio.shield(self._started())
            found = (self._entries or {}).get(code)
            if found is None and self._is_doubtful:
                raise OfficeAway
        return found

    def was_known(self, code: str) -> bool:
        """Whether it was among the last entries, however old they are."""
        return code in (self._entries or {})

    def _started(self) -> asyncio.Task[None]:
        """The reading under way, or a new one."""
        if self._reading is None or self._reading.done():
            if self._clock() - self._tried_at >= FORGIVEN_AFTER_S:
                self._hangs = False
            self._reading = asyncio.create_task(self._refresh())
        return self._reading

    async def _wait_for(self, reading: asyncio.Task[None]) -> None:
        """Until it has ended, or takes too long. Raises what it raises."""
        # One caller who goes away must not end it for the others.
        if self._entries is None or self._changes != self._changes_read:
            await asyncio.shield(reading)
            return
        if self._hangs:
            return
        done, _ = await asyncio.wait({reading}, timeout=self._patience_s)
        if done:
            reading.result()
        else:
            self._hangs = self._is_doubtful = True
            log.warning("Postgres answers slowly: serving what was read last")

    async def all_entries(self) -> dict[str, T]:
        """As `current`, with drafts: for admins only. Raises OfficeAway."""
        await self.current()
        return self._all

    async def _refresh(self) -> None:
        asked_at, changes = self._clock(), self._changes
        try:
            entries = await self._read()
        except OfficeAway:
            if self._entries is None:
                raise
            self._is_doubtful = True
            log.warning("Postgres unreachable: serving what was read last")
        else:
            self._hangs = self._is_doubtful = False
            self._all = {self._code_of(one): one for one in entries}
            # Once for each reading, as every request looks one up.
            self._entries = {code: one for code, one in self._all.items() if self._has_pages(one)}
            self._edition += 1
        finally:
            self._tried_at = self._clock()
        # A change during the read may be missing from its result.
        if changes == self._changes:
            self._read_at, self._changes_read = asked_at, changes

    def _is_fresh(self) -> bool:
        return self._clock() - self._read_at < self._fresh_s
