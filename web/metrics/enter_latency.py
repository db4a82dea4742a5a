"""How long entering takes, counted here and told to the line once a second."""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog

from waitroom.errors import LineError
from waitroom.line import Line
from waitroom.stats.latency_histogram import bucket_index

log = structlog.get_logger(__name__)

TELL_EVERY_S = 1.0


class EnterLatency:
    """From when a request to enter was read until the line has answered it.

    Noting one is keeping a number; the line hears of a second's worth in one call a room.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._took_s: dict[str, list[float]] = {}

    def add(self, code: str, took_s: float) -> None:
        """One who entered, or was told why not, in a room that there is."""
        self._took_s.setdefault(code, []).append(took_s)

    async def publish_forever(self) -> None:
        """For as long as the process serves; the errors of its loops are published with it."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            try:
                await self.publish()
                await self._line.loop_errors.publish()
            except LineError:
                continue
            except Exception as error:
                self._line.loop_errors.note("enter_times")
                log.error("unexpected in a loop; trying again", loop="enter_times", exc_info=error)

    async def publish(self) -> None:
        """What was noted since the last time."""
        rooms, self._took_s = self._took_s, {}
        for code, took_s in rooms.items():
            steps = Counter(map(bucket_index, took_s))
            try:
                await self._line.add_latency(code, "enter_us", steps, took_s=sum(took_s))
            except LineError:
                return  # a second less on a chart
