"""The coupon destination: admitted members go to the job queue in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from application.destinations.coupon.feed_log import FeedLog
from domain.room import RoomKind
from issuance.queue.job_queue import Backlog, JobQueue
from waitroom.admitter import AdmissionStep
from waitroom.lease_admission import LeaseAdmission
from waitroom.line import Line


class CouponDestination:
    """The job queue as the admitter's destination. Calls the sync queue in threads.

    lease_s: an admitted member without an outcome is enqueued again after this time. follower: logs
    and traces the batches; None for neither.
    """

    kind: RoomKind = "coupon"

    def __init__(
        self, line: Line, queue: JobQueue, *, lease_s: float, follower: FeedLog | None = None
    ) -> None:
        self._admission = LeaseAdmission(line, self, lease_s=lease_s)
        self._queue = queue
        self._follower = follower
        self.is_open = False  # PostgresWatchdog opens it

    async def free_capacity(self) -> int:
        """The queue's free seats; 0 while Postgres is unreachable."""
        return await asyncio.to_thread(self._queue.free_capacity) if self.is_open else 0

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        return await self._admission.admit(code, at_most)

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        """Enqueue these members, each with the time of admission (us). Raises OfficeAway."""
        if self._follower is None:
            times = list(admitted.values())
            await asyncio.to_thread(self._queue.enqueue, code, list(admitted), times)
        else:
            await self._follower.feed(self._queue, code, admitted)

    async def backlog(self) -> Backlog:
        return await asyncio.to_thread(self._queue.backlog)
