"""OfficeStatusReader: reads the state of the stores and processes at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from application.office import Office, none_if_unavailable
from issuance import audit
from issuance.errors import OfficeAway
from issuance.postgres.connection_stats import count_open_connections
from issuance.queue.job_queue import QueueStatus
from waitroom.errors import LineError
from waitroom.redis_io.probe import RedisMemory
from web.cache.single_flight import SingleFlightCache
from web.container import WebContainer
from web.middleware.access_log import HttpCounters, Total

R = TypeVar("R")
FRESH_S = 1.0
RATE_OVER_MAX_S = 10.0


class RequestRate(NamedTuple):
    """Answers per second, and those of them with a status from 400 to 499."""

    answered_per_s: float
    refused_per_s: float


@dataclass(frozen=True, slots=True)
class OfficeStatus:
    """db_in_use is None while Postgres is unreachable, queue_status while the queue is, memory
    while the line's Redis is. running: processes of all hosts by kind; empty before it is known.
    streams, requests: of this web command; requests is None at the first reading.
    """

    db_in_use: int | None
    queue_status: QueueStatus | None
    memory: RedisMemory | None = None
    running: Mapping[str, int] = field(default_factory=dict)
    streams: int = 0
    requests: RequestRate | None = None


class OfficeStatusReader:
    """Reads once at a time, so that many boards cost Postgres no more than one."""

    def __init__(
        self,
        parts: WebContainer,
        office: Office,
        counters: HttpCounters,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._office = office
        self._counters = counters
        self._clock = clock
        # The time, and the answers and refusals so far, at the last reading.
        self._counted: tuple[float, int, int] | None = None
        self._readings = SingleFlightCache(clock=clock)
        self._changes: dict[str, tuple[int, audit.AuditEntry | None]] = {}

    async def read_status(self) -> OfficeStatus:
        """The status, at most a second old."""
        return await self._readings.get("status", self._read, fresh_s=FRESH_S)

    async def _read(self) -> OfficeStatus:
        in_use = self._office.run(count_open_connections, self._parts.engine)
        queue = self._office.run(self._parts.queue_status)
        db_in_use, queue_status, memory = await asyncio.gather(
            none_if_unavailable(in_use), none_if_unavailable(queue), self._memory()
        )
        running = self._parts.line.process_registry.running
        total = self._counters.total()
        return OfficeStatus(
            db_in_use,
            queue_status,
            memory,
            {kind: one.processes for kind, one in running.items()},
            total.streams,
            self.request_rate(total),
        )

    async def _memory(self) -> RedisMemory | None:
        try:
            return await self._parts.line.probe.memory()
        except LineError:
            return None

    def request_rate(self, total: Total) -> RequestRate | None:
        """The mean since the last reading, unless that is long ago."""
        now_s = self._clock()
        answered = sum(sum(one.statuses.values()) for one in total.asked)
        refused = sum(one.statuses.get("4xx", 0) for one in total.asked)
        before, self._counted = self._counted, (now_s, answered, refused)
        if before is None or not 0 < now_s - before[0] <= RATE_OVER_MAX_S:
            return None
        over_s = now_s - before[0]
        # A process that another one replaces takes over its counts: they never fall.
        return RequestRate((answered - before[1]) / over_s, (refused - before[2]) / over_s)

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
