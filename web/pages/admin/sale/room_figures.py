"""RoomFigures: the figures of many rooms, read for all who watch them together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from waitroom.errors import LineAway, NoSuchRoom
from waitroom.stats.room_stats import RoomStats
from web.cache.single_flight import SingleFlightCache

FRESH_S = 1.0
ROOMS_KEPT_MAX = 512
# At once, so that a page of rooms does not take all of the line's connections.
ASKED_AT_ONCE = 4


class RoomFigures:
    """Reads a room at most once a second, however many pages show it. clock: monotonic seconds."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[RoomStats]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._readings = SingleFlightCache(kept_max=ROOMS_KEPT_MAX, clock=clock)
        self._few = asyncio.Semaphore(ASKED_AT_ONCE)

    async def of_rooms(self, codes: Iterable[str]) -> dict[str, RoomStats | None]:
        """By code; None where the line does not answer, or has no such room yet."""
        found: dict[str, RoomStats | None] = {}
        is_away = False

        async def ask(code: str) -> None:
            nonlocal is_away
            async with self._few:
                try:
                    # Waiting for each of fifty would take a while, where the first was away.
                    found[code] = None if is_away else await self._figures(code)
                except LineAway:
                    found[code], is_away = None, True

        await asyncio.gather(*(ask(code) for code in codes))
        return found

    async def _figures(self, code: str) -> RoomStats | None:
        async def read() -> RoomStats | None:
            try:
                return await self._read(code)
            except NoSuchRoom:
                return None

        return await self._readings.get(code, read, fresh_s=FRESH_S)
