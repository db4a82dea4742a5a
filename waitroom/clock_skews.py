"""ClockSkews: each process publishes in Redis how far its clock is off the stores' clocks.

So any web process can report the skews of admitters and workers too.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import Redis

from domain.stores.remote_clock import RemoteClock
from waitroom.errors import LineError
from waitroom.redis_io.script_call import translate_redis_errors

log = structlog.get_logger(__name__)

# The tag has a space, so it is no room's code.
KEY = "waitroom:{clock skews}:processes"
MEASURE_EVERY_S = 5.0
# A process that published nothing for this long has ended.
FORGET_AFTER_S = 30.0
WARN_ABOVE_S = 1.0
OVER_BELOW_S = 0.9

# Seconds that a process' clock is ahead, by kind of process and store.
Skews = dict[tuple[str, str], float]


class ClockSkews:
    """One process' view. Raises LineAway where Redis does not answer.

    clock: Redis' clock, which ClockWatch measures.
    """

    def __init__(self, redis: Redis, clock: RemoteClock) -> None:
        self._redis = redis
        self._clock = clock
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def publish(self, process: str, skews: Mapping[str, float]) -> None:
        """Publish this process' skews by store, and delete those of processes that have ended.

        process: its kind, such as `worker`.
        """
        now_s = self._clock.now_s()
        pairs = " ".join(f"{store}={skew_s:.6f}" for store, skew_s in skews.items())
        with translate_redis_errors():
            await self._redis.hset(KEY, f"{process} {self._name}", f"{now_s:.0f} {pairs}")
            await self._redis.expire(KEY, int(2 * FORGET_AFTER_S))
            ended = [name for name, at_s, _ in await self._all() if _is_old(at_s, now_s)]
            if ended:
                await self._redis.hdel(KEY, *ended)

    async def worst(self) -> Skews:
        """The largest absolute skew of each kind of process to each store."""
        now_s = self._clock.now_s()
        with translate_redis_errors():
            found = await self._all()
        worst: Skews = {}
        for name, at_s, skews in found:
            for store, skew_s in () if _is_old(at_s, now_s) else skews:
                kind = name.partition(" ")[0], store
                worst[kind] = max(worst.get(kind, 0.0), skew_s, key=abs)
        return worst

    async def _all(self) -> Iterable[tuple[str, float, list[tuple[str, float]]]]:
        found: Any = await self._redis.hgetall(KEY)
        return [(name.decode(), *_parse(value.decode())) for name, value in found.items()]


def _parse(value: str) -> tuple[float, list[tuple[str, float]]]:
    at_s, *rest = value.split(" ")
    pairs = [one.partition("=") for one in rest if one]
    return float(at_s), [(store, float(skew_s)) for store, _, skew_s in pairs]


def _is_old(at_s: float, now_s: float) -> bool:
    return abs(now_s - at_s) > FORGET_AFTER_S


class ClockWatch:
    """Measures the stores' clocks regularly, publishes this process' skews, and warns.

    process: the kind of this process. clocks: by store, Redis' among them. measure: measures all;
    where a store is unreachable it raises nothing and keeps the last measurement.
    """

    def __init__(
        self,
        skews: ClockSkews,
        process: str,
        clocks: Mapping[str, RemoteClock],
        measure: Callable[[], Awaitable[object]],
    ) -> None:
        self._skews = skews
        self._process = process
        self._clocks = clocks
        self._measure = measure
        self._off: set[str] = set()

    async def start(self) -> None:
        """Run once before the clocks are used; without Redis', if that is unreachable."""
        with suppress(LineError):
            await self.run_once()

    async def run_once(self) -> float:
        """Measure, warn and publish once; returns the seconds to the next run. Raises LineAway."""
        await self._measure()
        for store, clock in self._clocks.items():
            self._log_if_off(store, clock)
        skews = {store: clock.skew_s() for store, clock in self._clocks.items()}
        known = {store: skew_s for store, skew_s in skews.items() if skew_s is not None}
        await self._skews.publish(self._process, known)
        return MEASURE_EVERY_S

    def _log_if_off(self, store: str, clock: RemoteClock) -> None:
        """Log each change only, not each measurement."""
        skew_s = clock.skew_s()
        if skew_s is None:
            return
        if store not in self._off and clock.certain_skew_s() > WARN_ABOVE_S:
            self._off.add(store)
            log.warning(
                "this host's clock is off: set it by NTP", store=store, ahead_s=round(skew_s, 3)
            )
        elif store in self._off and abs(skew_s) < OVER_BELOW_S:
            self._off.discard(store)
            log.info("this host's clock is right again", store=store, ahead_s=round(skew_s, 3))
