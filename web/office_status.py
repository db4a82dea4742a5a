"""What Postgres and RQ tell about the office, read once a second however many look."""

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
    """db_in_use is None while Postgres is away, and crew while the queue is."""

    db_in_use: int | None
    queue_status: QueueStatus | None


class OfficeStatusReader:
    """One reading is under way at a time; boards never ask Postgres more often than that."""

    def __init__(
        self, parts: WebContainer, office: Office, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts = parts
        self._office = office
        self._readings = SingleFlightCache(clock=clock)
        self._changes: dict[str, tuple[int, audit.AuditEntry | None]] = {}

    async def read_status(self) -> OfficeStatus:
        """At most a second old."""
        return await self._readings.get("seen", self._look, fresh_s=FRESH_S)

    async def _look(self) -> OfficeStatus:
        in_use = self._office.run(count_open_connections, self._parts.engine)
        crew = self._office.run(self._parts.queue_status)
        return OfficeStatus(
            *await asyncio.gather(none_if_unavailable(in_use), none_if_unavailable(crew))
        )

    async def last_change(self, code: str, version: int) -> audit.AuditEntry | None:
        """Who changed these settings last: asked once for each version of them."""
        known = self._changes.get(code)
        if known is None or known[0] != version:
            try:
                found = await self._office.run(audit.last_change, self._parts.engine, code)
            except OfficeAway:
                return None
            known = self._changes[code] = (version, found)
        return known[1]
