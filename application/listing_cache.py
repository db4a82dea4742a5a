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
T = TypeVar("T")


class ListingCache(Generic[T]):
    """Entries at most `fresh_s` old; while Postgres is unreachable, the last ones that were read.

    Reads once at a time; concurrent callers share the result. code_of: an entry's code.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[T]]],
        code_of: Callable[[T], str],
        *,
        fresh_s: float = FRESH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._code_of = code_of
        self._fresh_s = fresh_s
        self._clock = clock
        self._entries: dict[str, T] | None = None
        self._read_at = float("-inf")
        self._changes = 0
        self._edition = 0
        self._reading = asyncio.Lock()

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
        async with self._reading:
            if self._entries is None or not self._is_fresh():
                await self._refresh()
        assert self._entries is not None
        return self._entries

    async def _refresh(self) -> None:
        asked_at, changes = self._clock(), self._changes
        try:
            entries = await self._read()
        except OfficeAway:
            if self._entries is None:
                raise
            log.warning("Postgres unreachable: serving what was read last")
        else:
            self._entries = {self._code_of(one): one for one in entries}
            self._edition += 1
        # A change during the read may be missing from its result.
        if changes == self._changes:
            self._read_at = asked_at

    def _is_fresh(self) -> bool:
        return self._clock() - self._read_at < self._fresh_s
