"""GivenClock: a clock that stands still until a test moves it, read by the line as Redis' clock.

Redis is real, and so are the scripts, but for the one command that reads the time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any
from unittest.mock import patch

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import Pipeline

from tests.house import ROOT
from waitroom.redis_io import scripts

# Of this process: the Redis may be shared.
KEY = f"waitroom:test:clock:{os.getpid()}"
TIME = "redis.call('TIME')"
READ = "local t = redis.call('LRANGE', KEYS[1], 0, 1) return { tonumber(t[1]), tonumber(t[2]) }"


class GivenClock:
    """For lines that are opened inside `given_clock`. It begins at this host's time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.now_us = time.time_ns() // 1_000
        self.advance(0)

    def advance(self, seconds: float) -> None:
        self.now_us += round(seconds * 1_000_000)
        with self._redis.pipeline() as pipe:
            pipe.delete(KEY)
            pipe.rpush(KEY, *divmod(self.now_us, 1_000_000))
            pipe.execute()

    def next_second(self) -> None:
        """Advance to the beginning of the next whole second."""
        self.advance((1_000_000 - self.now_us % 1_000_000) / 1_000_000)


@contextmanager
def given_clock(redis_url: str, folder: Path) -> Iterator[GivenClock]:
    """folder: an empty one, for the scripts that read this clock."""
    lua = folder / "lua"
    copytree(ROOT / "waitroom" / "lua", lua)
    for path in lua.rglob("*.lua"):
        read = path.read_text("utf-8").replace(TIME, f"redis.call('LRANGE', '{KEY}', 0, 1)")
        path.write_text(read, "utf-8")
    with Redis.from_url(redis_url) as redis:
        clock = GivenClock(redis)

        def given_time(client: AsyncRedis) -> Any:
            if isinstance(client, Pipeline):
                return client.eval(READ, 1, KEY)
            return _soon(divmod(clock.now_us, 1_000_000))

        with patch.object(scripts, "_LUA", lua), patch.object(AsyncRedis, "time", given_time):
            yield clock
        redis.delete(KEY)


async def _soon(time: tuple[int, int]) -> tuple[int, int]:
    return time
