"""SingleFlightCache: computes a value once for all concurrent callers, and caches it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import Request

T = TypeVar("T")
KEPT_MAX = 64


@dataclass(slots=True)
class _Kept:
    value: Any
    asked_at: float


class SingleFlightCache:
    """Values by key; keeps the `kept_max` newest. clock: monotonic seconds."""

    def __init__(
        self, *, kept_max: int = KEPT_MAX, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_max = kept_max
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._making: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(
        self, key: Hashable, make: Callable[[], Awaitable[T]], *, fresh_s: float = float("inf")
    ) -> T:
        """The value, at most `fresh_s` old; computed where it is older or missing.

        Concurrent callers share the result, or the error, which is not cached. The computation
        continues when its first caller is cancelled.
        """
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept.asked_at < fresh_s:
            return cast(T, kept.value)
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(key, make))
            task.add_done_callback(_retrieved)
        return cast(T, await asyncio.shield(task))

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        asked_at = self._clock()
        try:
            value = await make()
        finally:
            del self._making[key]
        self._kept.pop(key, None)
        if len(self._kept) >= self._kept_max:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = _Kept(value, asked_at)
        return value


def _retrieved(task: asyncio.Task[Any]) -> None:
    """Retrieve the error, as all callers may be cancelled."""
    if not task.cancelled():
        task.exception()


def get_single_flight_cache(request: Request) -> SingleFlightCache:
    return cast(SingleFlightCache, request.app.state.metrics)
