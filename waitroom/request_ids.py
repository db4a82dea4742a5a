"""MemberRequestIds: the id of the request by which each member entered, for the logs.

Stored only where requests are logged, from entering until the outcome. Log lines name the request's
id, never the member's.
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
        """Store request ids by member; a member who enters again keeps the first."""
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for member, origin in origins.items():
                    pipe.hsetnx(Keys(code).origins, member, origin)
                await pipe.execute()

    async def find(self, code: str, members: Sequence[str]) -> list[str]:
        """The request ids in the members' order; "" where unknown."""
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
