"""CheckLease: one process at a time checks a room against Postgres; keeps the last result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors

# The checker renews its lease; where it dies, another may begin after this time.
HELD_S = 30.0


class CheckLease:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, code: str) -> bool:
        """Take the lease for HELD_S; False where the room is not due or another process has it."""
        with translate_redis_errors():
            ours = await self._redis.set(Keys(code).checking, 1, nx=True, px=_ms(HELD_S))
        return bool(ours)

    async def renew(self, code: str) -> None:
        """Extend the lease to HELD_S from now."""
        with translate_redis_errors():
            await self._redis.pexpire(Keys(code).checking, _ms(HELD_S))

    async def end(self, code: str, found: Mapping[str, int], *, again_after_s: float) -> None:
        """Replace the last check's counts by kind with these; the next check is due later."""
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
        """The check failed: try again after `for_s`."""
        with translate_redis_errors():
            await self._redis.pexpire(Keys(code).checking, _ms(for_s))

    async def last(self, code: str) -> dict[str, int]:
        """The last check's counts by kind, and `checked_at` (us since 1970); {} before any."""
        with translate_redis_errors():
            found: Any = await self._redis.hgetall(Keys(code).differences)
        return {name.decode(): int(count) for name, count in found.items()}


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1_000))
