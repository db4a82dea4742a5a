"""Priority semaphore: a bound on how many are inside, with some who go before all others."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress


class PrioritySemaphore:
    """As asyncio.Semaphore; whoever acquires with `first` goes before those who wait without."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {True: deque(), False: deque()}

    async def acquire(self, *, first: bool = False) -> None:
        # Nobody waits while one is free: `release` hands it on.
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[first].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # it came to a caller who had just gone
            else:
                with suppress(ValueError):
                    self._waiting[first].remove(turn)
            raise

    def release(self) -> None:
        for waiting in (self._waiting[True], self._waiting[False]):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
