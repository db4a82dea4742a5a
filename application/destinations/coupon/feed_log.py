"""FeedLog: logs and traces each enqueued batch with the ids of its members' requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import structlog

from issuance.queue.job_queue import JobQueue
from waitroom.request_ids import MemberRequestIds

log = structlog.get_logger(__name__)


class Tracing(Protocol):
    """Makes spans."""

    def batch(
        self, name: str, traceparent: str, origins: Sequence[str], attributes: Mapping[str, Any]
    ) -> AbstractContextManager[str]:
        """A span for a batch, linked to its members' requests; yields the span's traceparent."""


class FeedLog:
    """logs: whether to log each batch. tracing: makes spans; None for none."""

    def __init__(self, origins: MemberRequestIds, tracing: Tracing | None, *, logs: bool) -> None:
        self._origins = origins
        self._tracing = tracing
        self._logs = logs

    async def feed(self, queue: JobQueue, code: str, admitted: Mapping[str, int]) -> None:
        """Enqueue these members, and log and trace it. Raises OfficeAway, LineAway."""
        members, times = list(admitted), list(admitted.values())
        origins = await self._origins.find(code, members)
        about = {"waitroom.room": code, "waitroom.members": len(members)}
        span = self._tracing.batch("feed", "", origins, about) if self._tracing else nullcontext("")
        with span as traceparent:
            batches = await asyncio.to_thread(
                queue.enqueue, code, members, times, origins, traceparent
            )
        if self._logs:
            for n, batch in enumerate(batches):
                some = origins[n * queue.batch_max : (n + 1) * queue.batch_max]
                ids = [origin.partition(" ")[0] for origin in some]
                log.info("enqueued", room=code, batch=batch, members=len(ids), request_ids=ids)
