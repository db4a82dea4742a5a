"""AutopilotLoop: runs the autopilot in the admitter, two steps a second for each room."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from issuance.errors import OfficeError
from issuance.queue.job_queue import Backlog
from waitroom.autopilot import Decision, Reason, Signals, recent_latency
from waitroom.autopilot_state import AutopilotRoom
from waitroom.line import Line

log = structlog.get_logger(__name__)

STEP_EVERY_S = 0.5
# A failed batch counts as trouble for this long, so that each admitter notices it.
FAILED_FOR_S = 2.0
# A busy host may be so late to read the time.
CLOCK_SET_BY_MIN_S = 1.0


class QueueView(Protocol):
    """The coupon office's queue, and whether Postgres answers (`is_open`)."""

    is_open: bool

    async def backlog(self) -> Backlog:
        """Raises OfficeAway."""


class QueueAge:
    """The age of the oldest job, also after the queue's clock was set forward.

    An age that grows faster than time passes shows that, and by how much: the jobs of before look
    older by as much until they are gone.
    """

    def __init__(self) -> None:
        self._age_s = float("inf")
        self._read_at_s = 0.0
        self._set_by_s = 0.0

    def follow(self, read_s: float, clock_s: float) -> float:
        """The age in seconds. read_s: by the queue's clock; clock_s: when, by a monotonic clock."""
        if read_s < self._set_by_s:
            self._set_by_s = 0.0
        most_s = self._age_s + clock_s - self._read_at_s
        if read_s - self._set_by_s > most_s + CLOCK_SET_BY_MIN_S:
            self._set_by_s = read_s - most_s
        self._age_s, self._read_at_s = read_s - self._set_by_s, clock_s
        return self._age_s


class AutopilotLoop:
    """Measures, decides and applies the rate. Any number may run: one of them takes each step."""

    def __init__(self, line: Line, office: QueueView) -> None:
        self._line = line
        self._office = office
        self._failed: int | None = None
        self._failed_at_s = -FAILED_FOR_S
        self._age = QueueAge()
        self._logged: dict[str, Reason] = {}

    async def run_once(self) -> float:
        """Step each room on autopilot; returns the seconds to the next run. Raises LineAway."""
        autopilot = self._line.autopilot
        rooms = await autopilot.on_autopilot(await self._line.codes("coupon"))
        if not rooms:
            return STEP_EVERY_S
        queue_age_s, trouble = await self._read_queue()
        for code in rooms:
            watched = await autopilot.read_room(code)
            if watched.is_due:
                await self._steer(watched, queue_age_s, trouble)
        return STEP_EVERY_S

    async def _read_queue(self) -> tuple[float, Reason | None]:
        try:
            backlog = await self._office.backlog()
        except OfficeError:
            self._age = QueueAge()
            return 0.0, "queue_away"
        clock_s = asyncio.get_running_loop().time()
        age_s = self._age.follow(backlog.oldest_s, clock_s)
        if self._failed is not None and backlog.failed > self._failed:
            self._failed_at_s = clock_s
        self._failed = backlog.failed
        if not self._office.is_open:
            return age_s, "postgres_away"
        if backlog.workers == 0:
            return age_s, "no_workers"
        if clock_s - self._failed_at_s < FAILED_FOR_S:
            return age_s, "batches_failed"
        return age_s, None

    async def _steer(
        self, watched: AutopilotRoom, queue_age_s: float, trouble: Reason | None
    ) -> None:
        p95_ms, issued_per_s = recent_latency(watched.batches, watched.now_s)
        seen = Signals(watched.now_s, p95_ms, issued_per_s, queue_age_s, trouble)
        pilot, reason = watched.pilot.step(seen, watched.bounds)
        decision = Decision.from_step(pilot, seen, reason)
        if not await self._line.autopilot.apply_decision(watched, pilot, decision):
            return
        if self._logged.get(watched.code) != reason:
            self._logged[watched.code] = reason
            log.info("autopilot set the rate", room=watched.code, **decision.as_record())
