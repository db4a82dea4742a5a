"""The coupon destination: admitted members go to the job queue in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from application.feed_log import FeedLog
from issuance.queue.job_queue import Backlog, JobQueue


class CouponDestination:
    """The desk as the admitter's destination; the border between async and sync is here.

    follower: who says by which requests those came who are fed, or nobody.
    """

    def __init__(self, desk: JobQueue, follower: FeedLog | None = None) -> None:
        self._desk = desk
        self._follower = follower
        self.is_open = False  # until Postgres has answered

    async def free_seats(self) -> int:
        """0 while Postgres is away: nobody is called up to a counter where nobody works."""
        return await asyncio.to_thread(self._desk.free_seats) if self.is_open else 0

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        if self._follower is None:
            times = list(admitted.values())
            await asyncio.to_thread(self._desk.enqueue, code, list(admitted), times)
        else:
            await self._follower.feed(self._desk, code, admitted)

    async def backlog(self) -> Backlog:
        return await asyncio.to_thread(self._desk.backlog)
