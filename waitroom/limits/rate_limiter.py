"""RateLimiter: limits requests per client in ten seconds, over all processes together.

Redis holds the counts. Every request of a crowd passes here, so the limiter rarely asks Redis:

- the processes allow the first few requests of a window by themselves (1/32 of the limit, at least
  4, and each at least one): a client within its limit costs a dictionary entry;
- where one request in each process is more than that, a process counts it in Redis a second later;
- beyond them Redis decides, in one call for all clients of one event-loop turn;
- once Redis finds a client over its limit, the process refuses it locally until it is below again:
  refusing a flood costs less than answering it.

So all processes together may exceed the limit by the few requests that they allow by themselves.
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
# A request waits this long for Redis' decision at most, and passes without one.
ANSWER_WITHIN_S = 0.25
BLIND_S = 1.0
# Requests that were allowed locally are counted together, so that each costs little.
COUNT_AFTER_S = 1.0
# The tag has a space, so it is no room's code.
KEYS = [f"waitroom:{{in a window}}:{number}" for number in range(3)]

log = structlog.get_logger(__name__)

# By client: the limit, and the requests that wait for a decision.
_Asked = dict[str, tuple[int, list[asyncio.Future[float]]]]


@dataclass(slots=True)
class SlidingWindow:
    """One client's counts: `current` in window number `window`, `before` in the window before.

    A sliding window counter, as Cloudflare describes it ("How we built rate limiting capable of
    scaling to millions of domains", 2017): the previous window counts by its part that is less than
    a window ago. Uneven requests make it err a little; a log of each request would be exact, but
    costs memory for each.

    refused_until: by this process' clock (s); until then there is nothing to count.
    """

    window: int
    before: int
    current: int
    refused_until: float = 0.0

    def move_to(self, window: int) -> None:
        """Shift the counts to the current window."""
        if window == self.window + 1:
            self.before, self.current = self.current, 0
        elif window > self.window:
            self.before, self.current = 0, 0
        self.window = max(window, self.window)

    def wait_part(self, part: float, most: int, more: int) -> float:
        """Windows to wait until one more request may pass; 0 where it may now.

        part: the part of this window that is over, 0 to 1. more: requests not yet in `current`.
        """
        current = self.current + more
        if self.before * (1 - part) + current + 1 <= most:
            return 0.0
        if current + 1 <= most:  # only the previous window exceeds the limit
            return max(0.0, 1 - (most - 1 - current) / self.before - part)
        return 1 - part + max(0.0, 1 - (most - 1) / current)


def window_number(at_s: float, window_s: float) -> tuple[int, float]:
    """The number of the window that this time is in, and the part of it that is over."""
    whole = math.floor(at_s / window_s)
    return whole, at_s / window_s - whole


class RateLimiter:
    """Allows `most` requests of each client (`who`) in a window.

    clock: monotonic seconds.
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
        self._local_limits: dict[int, int] = {}  # by limit; there are a few
        self._later: dict[str, int] = {}  # by client with requests to count: the limit
        self._own: dict[str, int] = {}  # allowed locally, not counted in Redis yet
        self._counted: dict[str, SlidingWindow] = {}
        self._waiting: dict[str, tuple[int, list[asyncio.Future[float]]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ahead_s = 0.0  # Redis' clock is ahead of ours by this
        self._blind_until = 0.0

    def share_among(self, processes: int) -> None:
        """Divide the local allowance among so many web processes, of all hosts."""
        self._processes = processes
        self._local_limits = {}

    async def wait_s(self, who: str, most: int) -> float:
        """Count this request and return 0, or return the seconds to wait."""
        wait_s = self.take(who, most)
        return await self.asked(who, most) if wait_s is None else wait_s

    def take(self, who: str, most: int) -> float | None:
        """As `wait_s` where this process can decide; None where Redis must (`asked`)."""
        now = self._clock()
        if now - self._began >= self._window_s:
            self._turn(now)
        own = self._own.get(who, 0)
        counted = self._counted.get(who)
        if counted is not None:
            wait_s = self._known_wait_s(counted, most, own, now)
            if wait_s > 0:
                return wait_s
        local_limit = self._local_limits.get(most) or self._local_limit(most)
        if own >= local_limit and now >= self._blind_until:
            return None
        self._own[who] = own + 1
        if self._processes > OWN_MIN and self._processes > most // OWN_PART:
            self._count_later(who, most)
        return 0.0

    def _local_limit(self, most: int) -> int:
        limit = max(1, max(OWN_MIN, most // OWN_PART) // self._processes)
        self._local_limits[most] = limit
        return limit

    def _count_later(self, who: str, most: int) -> None:
        """Add this client's local requests to Redis' count soon; nothing waits for that."""
        if not self._later:
            asyncio.get_running_loop().call_later(COUNT_AFTER_S, self._count_now)
        self._later[who] = most

    def _count_now(self) -> None:
        later, self._later = self._later, {}
        for who, most in later.items():
            if who in self._own:
                self._waiting.setdefault(who, (most, []))
        self._start()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

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
        """Forget clients without a request for a window: there may be many."""
        self._began = now
        self._own = {}
        window, _ = window_number(now + self._ahead_s, self._window_s)
        kept = self._counted.items()
        self._counted = {who: one for who, one in kept if one.window >= window - 1}

    async def asked(self, who: str, most: int) -> float:
        """As `wait_s`, decided by Redis, in one call with all others of this turn."""
        futures = self._waiting.setdefault(who, (most, []))[1]
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        futures.append(future)
        self._start()
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
                    # An unresolved future would block its request for ever.
                    log.exception("rate limiter failed unexpectedly; letting requests pass")
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
        """Fail open: allow what Redis can't count, and ask it no more for BLIND_S."""
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
    """Let the first `passed` requests pass; the others wait."""
    for number, future in enumerate(futures):
        if not future.done():  # a client that disconnected has cancelled it
            future.set_result(0.0 if number < passed else wait_s)
