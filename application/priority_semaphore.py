"""PrioritySemaphore: a semaphore with two classes of waiters, of which one goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress


class PrioritySemaphore:
    """Like asyncio.Semaphore, but waiters with `first` go before those without."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {True: deque(), False: deque()}

    async def acquire(self, *, first: bool = False) -> None:
        # While any is free there are no waiters: `release` passes it to a waiter directly.
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[first].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # acquired and cancelled at the same time: pass it on
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
