"""FairQueue: schedules framework requests fairly by sender, one step at a time.

A page costs the event loop a hundred times what entering costs. A sender with hundreds of parallel
page requests would delay all others until its own are done, and one answer of a store can wake them
all at once. So in three turns of the loop one request takes a step, from one await to the next, and
senders alternate however many requests each sent. The fast path and open streams run in between.
Admins and health checks have a queue of their own, which takes one more step.

A waiting request holds nothing: neither a slow store nor a slow client blocks the others.

While requests take steps, threads get the interpreter lock more often, as the server's thread needs
it once for each request that it passes on. At other times that would cost a crowd that enters 4 %
of its throughput.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

# The scope's key for the turn that its request awaits before each step.
_TURN = "waitroom.turn"
Turn = Callable[[], Awaitable[None] | None]

# Loop turns per step. Entering takes several turns, so it waits for fewer steps.
STEP_EVERY_TURNS = 3
# Seconds after which a waiting thread gets the interpreter lock, while requests take steps.
SWITCH_INTERVAL_S = 0.0001
_Waiting = OrderedDict[str, deque[asyncio.Future[None]]]


class FairQueue:
    """One queue per process, for one event loop."""

    def __init__(self) -> None:
        # By whether they have priority.
        self._waiting: dict[bool, _Waiting] = {True: OrderedDict(), False: OrderedDict()}
        self._has_begun = {True: False, False: False}
        self._is_scheduled = False
        self._rests = 0  # turns, until the next step
        self._idle_switch_interval_s = 0.0

    def turn(self, sender: str, *, first: bool = False) -> Awaitable[None] | None:
        """The future to await before a request's next step; None where it may run now."""
        loop, waiting = asyncio.get_running_loop(), self._waiting[first]
        if not self._is_scheduled:
            self._is_scheduled = True
            self._idle_switch_interval_s = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_INTERVAL_S)
            loop.call_soon(self._next_turn)
        if not self._has_begun[first] and not waiting:
            self._has_begun[first] = True
            return None
        future: asyncio.Future[None] = loop.create_future()
        waiting.setdefault(sender, deque()).append(future)
        return future

    def _next_turn(self) -> None:
        """Run once in each turn of the loop while requests wait or run."""
        self._rests = (self._rests + 1) % STEP_EVERY_TURNS
        if not self._rests:
            self._has_begun = {first: _begin(some) for first, some in self._waiting.items()}
            self._is_scheduled = any(self._has_begun.values())
        if self._is_scheduled:
            asyncio.get_running_loop().call_soon(self._next_turn)
        else:
            sys.setswitchinterval(self._idle_switch_interval_s)


def _begin(waiting: _Waiting) -> bool:
    """Wake one request of the next sender, skipping cancelled ones; False where none waits."""
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
    """ASGI middleware that awaits a turn before each step of the application but the first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = self._app(scope, receive, send)
        turn: Turn | None = scope.get(_TURN)
        await (_Stepwise(answering, turn) if turn else answering)


def set_turn(scope: Scope, turn: Turn) -> None:
    """Make this request's steps await `turn`."""
    scope[_TURN] = turn


class _Stepwise:
    """Drives `coroutine` as `yield from` does (PEP 380), and awaits a turn before each resume."""

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
            except BaseException as error:  # cancelled: the coroutine must handle it
                step = partial(steps.throw, error)
