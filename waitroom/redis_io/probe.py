"""Probe: whether the line's Redis answers, takes writes, and keeps what it was told."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from domain.stores.redis_eviction import eviction_policy
from waitroom.redis_io.script_call import translate_redis_errors

# A name with a space: no room has it.
KEY = "waitroom:{a probe}:written"
KEPT_S = 60


class Probe:
    """Raises LineAway, whose text names the cause, where Redis does not do it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def write(self) -> None:
        """Write something tiny. One that is full, a replica, or without replicas refuses it."""
        with translate_redis_errors():
            await self._redis.set(KEY, 1, ex=KEPT_S)

    async def eviction_policy(self) -> str:
        """By which keys may be lost; "" where none may, or Redis does not say."""
        with translate_redis_errors():
            try:
                info: Any = await self._redis.info("memory")
            except ResponseError:  # some users may not ask
                return ""
        return eviction_policy(info)
