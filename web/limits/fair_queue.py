"""Which request to the framework takes a step in a turn of the event loop.

A page costs the loop a hundred times what entering costs. Whoever sends many of them at once, on
hundreds of connections, would make everything else wait until all of theirs are done; and where all
of them wait for the same thing, the answer of a store wakes them at once. So in three turns one
request takes a step, from one wait to the next, and the others stay where they are: one of each
sender after the other, however many one sent. What the fast path and open streams do comes in
between. Admins and health checks have a queue of their own, of which one more takes a step.

Nothing is held during a wait: a request that waits for a store, or for a slow client, keeps nobody
else from a step.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

# Where a scope has the turn that its request waits for before each step.
_TURN = "waitroom.turn"
Turn = Callable[[], Awaitable[None] | None]

# In how many turns one step is taken: entering takes several turns, and waits for fewer steps.
STEP_EVERY_TURNS = 3
_Waiting = OrderedDict[str, deque[asyncio.Future[None]]]


class FairQueue:
    """For one process, in one event loop."""

    def __init__(self) -> None:
        # Of those who go first, and of the others.
        self._waiting: dict[bool, _Waiting] = {True: OrderedDict(), False: OrderedDict()}
        self._has_begun = {True: False, False: False}
        self._is_scheduled = False
        self._rests = 0  # turns, until the next step

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
        """Called once in each turn of the loop, as long as steps are taken."""
        self._rests = (self._rests + 1) % STEP_EVERY_TURNS
        if not self._rests:
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


class FairSteps:
    """An ASGI application before another one, which takes a turn before each step but its first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = self._app(scope, receive, send)
        turn: Turn | None = scope.get(_TURN)
        await (_Stepwise(answering, turn) if turn else answering)


def set_turn(scope: Scope, turn: Turn) -> None:
    """Let the steps of this request wait for such turns."""
    scope[_TURN] = turn


class _Stepwise:
    """Awaits `coroutine`, and a turn each time that something which it awaited is there.

    Drives it as `yield from` would (PEP 380), with the turn in between.
    """

    def __init__(self, coroutine: Awaitable[None], turn: Turn) -> None:
        self._coroutine = coroutine
        self._turn = turn

    def __await__(self) -> Generator[Any, None, None]:
        steps = self._coroutine.__await__()
        step: Callable[[], Any] = steps.__next__
        while True:
            try:
                awaited = step()
            except StopIteration:
                return
            try:
                yield awaited
                if turn := self._turn():
                    yield from turn.__await__()
                step = steps.__next__
            except BaseException as error:  # cancelled: for the coroutine to handle
                step = partial(steps.throw, error)
