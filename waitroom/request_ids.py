"""By which request each member entered, so that they can be followed in the logs.

Kept only by processes that are told to; then from entering until the outcome is told. It is the
request's id that is written down later, never the member's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors


class MemberRequestIds:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, code: str, origins: Mapping[str, str]) -> None:
        """By member. Who enters again came by their first request."""
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for member, origin in origins.items():
                    pipe.hsetnx(Keys(code).origins, member, origin)
                await pipe.execute()

    async def find(self, code: str, members: Sequence[str]) -> list[str]:
        """In their order; empty for whom nothing is known of."""
        if not members:
            return []
        with translate_redis_errors():
            found: Any = await self._redis.hmget(Keys(code).origins, list(members))
        return ["" if one is None else one.decode() for one in found]

    async def forget(self, code: str, members: Sequence[str]) -> None:
        if not members:
            return
        with translate_redis_errors():
            await self._redis.hdel(Keys(code).origins, *members)
