"""ProcessRegistry: which processes run on all hosts, and how many connections they may open.

Limits that a process keeps by itself are shares of one limit, so each must know how many share it.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors

# The tag has a space, so it is no room's code.
KEY = "waitroom:{running processes}:seen"
PUBLISH_EVERY_S = 5.0
# A process that published nothing for this long has ended.
FORGET_AFTER_S = 30.0


class Running(NamedTuple):
    """The processes of a kind, and the Postgres connections that they may open together."""

    processes: int
    db_connections: int


class ProcessRegistry:
    """One process' view. Raises LineAway where Redis does not answer.

    running: by kind of process, as of the last `publish`; empty before.
    """

    def __init__(self, redis: Redis) -> None:
        self.running: Mapping[str, Running] = {}
        self._redis = redis
        # Containers may share a host's name, and each has its own process ids.
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    @property
    def db_connections(self) -> int:
        """The most Postgres connections of all processes on all hosts."""
        return sum(one.db_connections for one in self.running.values())

    def count(self, kind: str) -> int:
        """The processes of this kind on all hosts, such as `web`."""
        return self.running[kind].processes if kind in self.running else 0

    async def publish(self, kind: str, db_connections: int) -> float:
        """Publish this process, and read the others. Returns the seconds to the next time.

        Deletes processes that have ended. db_connections: the most of this process.
        """
        with translate_redis_errors():
            seconds, _ = await self._redis.time()
            now_s = int(seconds)
            await self._redis.hset(KEY, f"{kind} {self._name}", f"{now_s} {db_connections}")
            await self._redis.expire(KEY, int(2 * FORGET_AFTER_S))
            found: Any = await self._redis.hgetall(KEY)
            ended = [name for name, value in found.items() if _is_old(value, now_s)]
            if ended:
                await self._redis.hdel(KEY, *ended)
        self.running = _sum_by_kind(one for one in found.items() if one[0] not in ended)
        return PUBLISH_EVERY_S

    async def remove(self, kind: str) -> None:
        """Remove this process, as it ends."""
        with translate_redis_errors():
            await self._redis.hdel(KEY, f"{kind} {self._name}")


def _sum_by_kind(found: Iterable[tuple[bytes, bytes]]) -> Mapping[str, Running]:
    sums: dict[str, Running] = {}
    for name, value in found:
        kind = name.decode().partition(" ")[0]
        before = sums.get(kind, Running(0, 0))
        more = int(value.split()[1])
        sums[kind] = Running(before.processes + 1, before.db_connections + more)
    return sums


def _is_old(value: bytes, now_s: int) -> bool:
    return abs(now_s - int(value.split()[0])) > FORGET_AFTER_S
