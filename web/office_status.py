"""What Postgres and RQ tell about the office, read once a second however many look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from application.office import Office, or_none
from issuance import audit
from issuance.errors import OfficeAway
from issuance.postgres.connection_stats import open_connections
from issuance.queue.job_queue import Crew
from web.cache.single_flight import SharedReadings
from web.container import WebParts

R = TypeVar("R")
FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """db_in_use is None while Postgres is away, and crew while the queue is."""

    db_in_use: int | None
    crew: Crew | None


class Backstage:
    """One reading is under way at a time; boards never ask Postgres more often than that."""

    def __init__(
        self, parts: WebParts, office: Office, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts = parts
        self._office = office
        self._readings = SharedReadings(clock=clock)
        self._changes: dict[str, tuple[int, audit.Entry | None]] = {}

    async def look(self) -> Seen:
        """At most a second old."""
        return await self._readings.get("seen", self._look, fresh_s=FRESH_S)

    async def _look(self) -> Seen:
        in_use = self._office.ask(open_connections, self._parts.engine)
        crew = self._office.ask(self._parts.crew)
        return Seen(*await asyncio.gather(or_none(in_use), or_none(crew)))

    async def last_change(self, code: str, version: int) -> audit.Entry | None:
        """Who changed these settings last: asked once for each version of them."""
        known = self._changes.get(code)
        if known is None or known[0] != version:
            try:
                found = await self._office.ask(audit.last_change, self._parts.engine, code)
            except OfficeAway:
                return None
            known = self._changes[code] = (version, found)
        return known[1]
