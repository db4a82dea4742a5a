"""Whose turn it is to hold a room against Postgres, and what the last one found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors

# Whoever checks says so again and again; where it has died, another may begin after so long.
HELD_S = 30.0


class CheckLease:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, code: str) -> bool:
        """Whether this room is due, and nobody else is at it. Then it is ours for HELD_S."""
        with translate_redis_errors():
            ours = await self._redis.set(Keys(code).checking, 1, nx=True, px=_ms(HELD_S))
        return bool(ours)

    async def renew(self, code: str) -> None:
        """Ours for another HELD_S."""
        with translate_redis_errors():
            await self._redis.pexpire(Keys(code).checking, _ms(HELD_S))

    async def end(self, code: str, found: Mapping[str, int], *, again_after_s: float) -> None:
        """Keep how many of each kind were found, in place of the last check's."""
        key = Keys(code).differences
        with translate_redis_errors():
            seconds, us = await self._redis.time()
            checked_at = int(seconds) * 1_000_000 + int(us)
            kept: dict[Any, Any] = {**found, "checked_at": checked_at}
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                pipe.hset(key, mapping=kept)
                pipe.set(Keys(code).checking, 1, px=_ms(again_after_s))
                await pipe.execute()

    async def postpone(self, code: str, *, for_s: float) -> None:
        """Nothing could be found; another time."""
        with translate_redis_errors():
            await self._redis.pexpire(Keys(code).checking, _ms(for_s))

    async def last(self, code: str) -> dict[str, int]:
        """By kind, what the last check found, and `checked_at` (us since 1970); {} before any."""
        with translate_redis_errors():
            found: Any = await self._redis.hgetall(Keys(code).differences)
        return {name.decode(): int(count) for name, count in found.items()}


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1_000))
