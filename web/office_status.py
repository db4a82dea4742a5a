"""OfficeStatusReader: reads the office's state from Postgres and RQ at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from application.office import Office, none_if_unavailable
from issuance import audit
from issuance.errors import OfficeAway
from issuance.postgres.connection_stats import count_open_connections
from issuance.queue.job_queue import QueueStatus
from web.cache.single_flight import SingleFlightCache
from web.container import WebContainer

R = TypeVar("R")
FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class OfficeStatus:
    """db_in_use is None while Postgres is unreachable, queue_status while the queue is."""

    db_in_use: int | None
    queue_status: QueueStatus | None


class OfficeStatusReader:
    """Reads once at a time, so that many boards cost Postgres no more than one."""

    def __init__(
        self, parts: WebContainer, office: Office, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts = parts
        self._office = office
        self._readings = SingleFlightCache(clock=clock)
        self._changes: dict[str, tuple[int, audit.AuditEntry | None]] = {}

    async def read_status(self) -> OfficeStatus:
        """The status, at most a second old."""
        return await self._readings.get("status", self._read, fresh_s=FRESH_S)

    async def _read(self) -> OfficeStatus:
        in_use = self._office.run(count_open_connections, self._parts.engine)
        queue = self._office.run(self._parts.queue_status)
        return OfficeStatus(
            *await asyncio.gather(none_if_unavailable(in_use), none_if_unavailable(queue))
        )

    async def last_change(self, code: str, version: int) -> audit.AuditEntry | None:
        """The settings' last change, read once for each version; None without Postgres."""
        known = self._changes.get(code)
        if known is None or known[0] != version:
            try:
                found = await self._office.run(audit.last_change, self._parts.engine, code)
            except OfficeAway:
                return None
            known = self._changes[code] = (version, found)
        return known[1]
