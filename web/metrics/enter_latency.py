"""EnterLatency: times entries in this process and publishes them to Redis once a second."""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog

from waitroom.errors import LineError
from waitroom.line import Line
from waitroom.stats.latency_histogram import bucket_index

log = structlog.get_logger(__name__)

PUBLISH_EVERY_S = 1.0


class EnterLatency:
    """Times from reading a request to enter until the line's answer.

    `add` only keeps a number; `publish` sends a second's numbers in one call per room.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._took_s: dict[str, list[float]] = {}

    def add(self, code: str, took_s: float) -> None:
        """Note one entry, or refusal at entry, in an existing room."""
        self._took_s.setdefault(code, []).append(took_s)

    async def publish_forever(self) -> None:
        """Publish once a second until cancelled, with the process' loop errors."""
        while True:
            await asyncio.sleep(PUBLISH_EVERY_S)
            try:
                await self.publish()
                await self._line.loop_errors.publish()
            except LineError:
                continue
            except Exception as error:
                self._line.loop_errors.note("enter_times")
                log.error("error in a loop; trying again", loop="enter_times", exc_info=error)

    async def publish(self) -> None:
        """Send the times since the last call."""
        rooms, self._took_s = self._took_s, {}
        for code, took_s in rooms.items():
            steps = Counter(map(bucket_index, took_s))
            try:
                await self._line.add_latency(code, "enter_us", steps, took_s=sum(took_s))
            except LineError:
                return  # the chart lacks this second
