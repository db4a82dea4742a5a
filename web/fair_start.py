"""Fair start: how many requests to the framework begin in one turn of the event loop, and whose.

A page costs the loop a hundred times what entering costs. Whoever sends many of them at once, on
hundreds of connections, would make everything else wait until all of theirs are done. So a few
begin in each turn, and the others wait: one of each sender after the other, however many one sent.
What the hot path and open streams do comes in between.

Nothing is held while a request is under way: one that waits for a store, or for a slow client,
keeps nobody from beginning.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable

# In one turn of the loop. Some of them are for those who go first: admins and health checks.
BEGIN_MAX = 2
BEGIN_FIRST_MAX = 1

_Waiting = deque[asyncio.Future[None]]


class FairStart:
    """For one process, in one event loop."""

    def __init__(self) -> None:
        self._first: _Waiting = deque()
        self._others: OrderedDict[str, _Waiting] = OrderedDict()
        self._begun = 0
        self._is_counting = False

    def turn(self, sender: str, *, first: bool = False) -> Awaitable[None] | None:
        """What to wait for before a request of this sender begins; None: it may begin now."""
        loop = asyncio.get_running_loop()
        if not self._is_counting:
            self._is_counting, self._begun = True, 0
            loop.call_soon(self._next_turn)
        if self._begun < BEGIN_MAX and not self._first and not self._others:
            self._begun += 1
            return None
        future: asyncio.Future[None] = loop.create_future()
        if first:
            self._first.append(future)
        else:
            self._others.setdefault(sender, deque()).append(future)
        return future

    def _next_turn(self) -> None:
        """Called once in each turn of the loop, as long as anything begins."""
        begun = 0
        while self._first and begun < (BEGIN_FIRST_MAX if self._others else BEGIN_MAX):
            begun += _begin(self._first.popleft())
        while self._others and begun < BEGIN_MAX:
            sender, waiting = self._others.popitem(last=False)
            begun += _begin(waiting.popleft())
            if waiting:
                self._others[sender] = waiting
        self._begun, self._is_counting = begun, begun > 0
        if begun:
            asyncio.get_running_loop().call_soon(self._next_turn)


def _begin(waiting: asyncio.Future[None]) -> bool:
    """Whether it begins: who went away meanwhile has cancelled it."""
    if waiting.done():
        return False
    waiting.set_result(None)
    return True
