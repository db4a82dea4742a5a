"""The coupon destination: admitted members go to the job queue in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from application.feed_log import FeedLog
from issuance.queue.job_queue import Backlog, JobQueue


class CouponDestination:
    """The job queue as the admitter's destination. Calls the sync queue in threads.

    follower: logs and traces the batches; None for neither.
    """

    def __init__(self, queue: JobQueue, follower: FeedLog | None = None) -> None:
        self._queue = queue
        self._follower = follower
        self.is_open = False  # PostgresWatchdog opens it

    async def free_capacity(self) -> int:
        """The queue's free seats; 0 while Postgres is unreachable."""
        return await asyncio.to_thread(self._queue.free_capacity) if self.is_open else 0

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        if self._follower is None:
            times = list(admitted.values())
            await asyncio.to_thread(self._queue.enqueue, code, list(admitted), times)
        else:
            await self._follower.feed(self._queue, code, admitted)

    async def backlog(self) -> Backlog:
        return await asyncio.to_thread(self._queue.backlog)
