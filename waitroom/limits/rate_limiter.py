"""So many requests in any ten seconds, for each who, over all processes together.

Counted in Redis, and asked there as rarely as can be, as it stands before everything a crowd does:

- the first few of a window are let through by each process itself (a thirty-second part of what
  may pass, at least four): whoever asks calmly costs nothing but a dictionary's entry;
- beyond them Redis decides, for all who ask in one turn of the event loop in one call;
- whom Redis has said to be over their limit, the process refuses by itself until they no longer
  are: so a flood costs less than answering it.

So each process may let through its own few of a window beyond the limit, and no more.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog
from redis.exceptions import RedisError

from waitroom.redis_io.script_call import ScriptCall

WINDOW_S = 10.0
OWN_PART, OWN_MIN = 32, 4
BATCH_MAX = 500
# Redis is asked before a request is answered: who can't be counted is let through.
ANSWER_WITHIN_S = 0.25
BLIND_S = 1.0
# A name with a space: no room has it.
KEYS = [f"waitroom:{{in a window}}:{number}" for number in range(3)]

log = structlog.get_logger(__name__)

# By name: how many may pass, and who waits to know.
_Asked = dict[str, tuple[int, list[asyncio.Future[float]]]]


@dataclass(slots=True)
class SlidingWindow:
    """What is known of somebody: `before` in the window before number `window`, `current` in it.

    The sliding window counter, as Cloudflare has described it ("How we built rate limiting capable
    of scaling to millions of domains", 2017): the window before counts by the part of it that is
    still less than a window ago. Where requests come unevenly it errs a little; a log of each would
    not, and would cost memory for each.

    refused_until: by our own clock (s); until then there is nothing to count.
    """

    window: int
    before: int
    current: int
    refused_until: float = 0.0

    def move_to(self, window: int) -> None:
        """It is window number `window` now."""
        if window == self.window + 1:
            self.before, self.current = self.current, 0
        elif window > self.window:
            self.before, self.current = 0, 0
        self.window = max(window, self.window)

    def wait_part(self, part: float, most: int, more: int) -> float:
        """How many windows until one more may pass, 0 where it may now.

        part: of this window that is over, 0 to 1. more: counted here and in `current` not yet.
        """
        current = self.current + more
        if self.before * (1 - part) + current + 1 <= most:
            return 0.0
        if current + 1 <= most:  # it is only for the window before to fade
            return max(0.0, 1 - (most - 1 - current) / self.before - part)
        return 1 - part + max(0.0, 1 - (most - 1) / current)


def window_number(at_s: float, window_s: float) -> tuple[int, float]:
    """Which window this time is in, and the part of it that is over."""
    whole = math.floor(at_s / window_s)
    return whole, at_s / window_s - whole


class RateLimiter:
    """Counts names that its caller makes; `most` of each may pass in a window.

    clock: seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        call: ScriptCall,
        *,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._window_s = window_s
        self._clock = clock
        self._began = clock()
        self._processes = 1
        self._own: dict[str, int] = {}  # let through here, and Redis knows nothing of it
        self._counted: dict[str, SlidingWindow] = {}
        self._waiting: dict[str, tuple[int, list[asyncio.Future[float]]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ahead_s = 0.0  # Redis' clock of ours
        self._blind_until = 0.0

    def share_among(self, processes: int) -> None:
        """So many processes count what is sent to one command: each one's own few are fewer."""
        self._processes = processes

    async def wait_s(self, who: str, most: int) -> float:
        """0 where this request may pass, which is counted; else the seconds to wait."""
        wait_s = self.take(who, most)
        return await self.asked(who, most) if wait_s is None else wait_s

    def take(self, who: str, most: int) -> float | None:
        """As `wait_s`, where that can be told here; None where Redis must be `asked`."""
        now = self._clock()
        if now - self._began >= self._window_s:
            self._turn(now)
        own = self._own.get(who, 0)
        counted = self._counted.get(who)
        if counted is not None:
            wait_s = self._known_wait_s(counted, most, own, now)
            if wait_s > 0:
                return wait_s
        if own >= self._local_limit(most) and now >= self._blind_until:
            return None
        self._own[who] = own + 1
        return 0.0

    def _local_limit(self, most: int) -> int:
        return max(1, max(OWN_MIN, most // OWN_PART) // self._processes)

    def _known_wait_s(self, counted: SlidingWindow, most: int, own: int, now: float) -> float:
        if now < counted.refused_until:
            return counted.refused_until - now
        if now < self._blind_until:
            return 0.0
        window, part = window_number(now + self._ahead_s, self._window_s)
        counted.move_to(window)
        wait_s = counted.wait_part(part, most, own) * self._window_s
        counted.refused_until = now + wait_s
        return wait_s

    def _turn(self, now: float) -> None:
        """Forget who has not been here for a window: there may be many."""
        self._began = now
        self._own = {}
        window, _ = window_number(now + self._ahead_s, self._window_s)
        kept = self._counted.items()
        self._counted = {who: one for who, one in kept if one.window >= window - 1}

    async def asked(self, who: str, most: int) -> float:
        """As `wait_s`, by Redis, with all others of this turn."""
        futures = self._waiting.setdefault(who, (most, []))[1]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[float] = loop.create_future()
        futures.append(future)
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                some = dict(islice(self._waiting.items(), BATCH_MAX))
                for who in some:
                    del self._waiting[who]
                try:
                    await self._answer(some)
                except (RedisError, OSError, TimeoutError):
                    self._let_pass(some)
                except Exception:
                    # Whatever it is, those who asked must not wait for ever.
                    log.exception("unexpected in the limiter; letting requests pass")
                    self._let_pass(some)
        finally:
            self._task = None

    async def _answer(self, asked: _Asked) -> None:
        arguments = [str(int(self._window_s * 1_000_000))]
        for who, (most, futures) in asked.items():
            own = self._own.pop(who, 0)
            arguments += [who, str(most), str(own), str(len(futures))]
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                now_us, *answers = await self._call(KEYS, arguments)
        except asyncio.CancelledError:
            for _, futures in asked.values():
                for future in futures:
                    future.cancel()
            raise
        self._resolve_all(asked, int(now_us), answers)

    def _let_pass(self, asked: _Asked) -> None:
        """Not to be counted is no reason to be turned away."""
        self._blind_until = self._clock() + BLIND_S
        for _, futures in asked.values():
            _resolve(futures, len(futures), 0.0)

    def _resolve_all(self, asked: _Asked, now_us: int, answers: list[Any]) -> None:
        now = self._clock()
        self._ahead_s = now_us / 1_000_000 - now
        window, _ = window_number(now + self._ahead_s, self._window_s)
        for (who, (most, futures)), (before, current, passed) in zip(
            asked.items(), answers, strict=True
        ):
            counted = self._counted[who] = SlidingWindow(window, int(before), int(current))
            wait_s = self._known_wait_s(counted, most, self._own.get(who, 0), now)
            _resolve(futures, int(passed), wait_s or 1.0)


def _resolve(futures: list[asyncio.Future[float]], passed: int, wait_s: float) -> None:
    """The first ones may pass; those after them wait."""
    for number, future in enumerate(futures):
        if not future.done():  # who went away meanwhile has cancelled theirs
            future.set_result(0.0 if number < passed else wait_s)
