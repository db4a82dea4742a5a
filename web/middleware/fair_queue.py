"""Which requests to the framework begin in one turn of the event loop.

A page costs the loop a hundred times what entering costs. Whoever sends many of them at once, on
hundreds of connections, would make everything else wait until all of theirs are done. So one begins
in each turn, and the others wait: one of each sender after the other, however many one sent. What
the hot path and open streams do comes in between. Admins and health checks have a queue of their
own, of which one more begins in each turn.

Nothing is held while a request is under way: one that waits for a store, or for a slow client,
keeps nobody from beginning.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable

_Waiting = OrderedDict[str, deque[asyncio.Future[None]]]


class FairQueue:
    """For one process, in one event loop."""

    def __init__(self) -> None:
        # Of those who go first, and of the others.
        self._waiting: dict[bool, _Waiting] = {True: OrderedDict(), False: OrderedDict()}
        self._has_begun = {True: False, False: False}
        self._is_scheduled = False

    def turn(self, sender: str, *, first: bool = False) -> Awaitable[None] | None:
        """What to wait for before a request of this sender begins; None: it may begin now."""
        loop, waiting = asyncio.get_running_loop(), self._waiting[first]
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._next_turn)
        if not self._has_begun[first] and not waiting:
            self._has_begun[first] = True
            return None
        future: asyncio.Future[None] = loop.create_future()
        waiting.setdefault(sender, deque()).append(future)
        return future

    def _next_turn(self) -> None:
        """Called once in each turn of the loop, as long as anything begins."""
        self._has_begun = {first: _begin(some) for first, some in self._waiting.items()}
        self._is_scheduled = any(self._has_begun.values())
        if self._is_scheduled:
            asyncio.get_running_loop().call_soon(self._next_turn)


def _begin(waiting: _Waiting) -> bool:
    """Let one of the next sender begin; whether there was any. Who went away is left out."""
    while waiting:
        sender, requests = waiting.popitem(last=False)
        request = requests.popleft()
        if requests:
            waiting[sender] = requests
        if not request.done():
            request.set_result(None)
            return True
    return False
