"""Probe: checks that the line's Redis answers, accepts writes and evicts no keys."""

from __future__ import annotations

from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from domain.stores.redis_eviction import eviction_policy
from waitroom.redis_io.script_call import translate_redis_errors

# The tag has a space, so it is no room's code.
KEY = "waitroom:{a probe}:written"
KEPT_S = 60


class RedisMemory(NamedTuple):
    """Bytes in use, the most (0: no limit), and what Redis does when it is full."""

    used: int
    most: int
    policy: str


class Probe:
    """Raises LineAway, whose text names the cause, where Redis refuses."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def write(self) -> None:
        """Write a small key. Redis refuses it when full, read-only, or short of replicas."""
        with translate_redis_errors():
            await self._redis.set(KEY, 1, ex=KEPT_S)

    async def eviction_policy(self) -> str:
        """The policy by which Redis may evict keys; "" where it evicts none, or can't be asked."""
        with translate_redis_errors():
            try:
                info: Any = await self._redis.info("memory")
            except ResponseError:  # an ACL may forbid INFO
                return ""
        return eviction_policy(info)

    async def memory(self) -> RedisMemory | None:
        """How much memory this Redis uses; None where it can't be asked."""
        with translate_redis_errors():
            try:
                info: Any = await self._redis.info("memory")
            except ResponseError:  # an ACL may forbid INFO
                return None
        policy = str(info.get("maxmemory_policy", ""))
        return RedisMemory(int(info["used_memory"]), int(info.get("maxmemory", 0)), policy)

    async def count_replicas(self) -> int | None:
        """How many replicas follow this Redis; None where it can't be asked."""
        with translate_redis_errors():
            try:
                info: Any = await self._redis.info("replication")
            except ResponseError:  # an ACL may forbid INFO
                return None
        return int(info.get("connected_slaves", 0))
