"""Sampler: reads often how many seats are taken, and how soon free ones are called."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import RedisError

from waitroom.redis_io.keys import Keys

SAMPLED_EVERY_S = 0.01
# Nobody may be called while the room is restoring, so seats that are free then don't count.
LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local v = redis.call('HMGET', KEYS[1], 'restoring_from', 'restoring_until')
local restores = v[1] == '0' or tonumber(v[2] or 0) > now
return { string.format('%.0f', now), redis.call('ZCARD', KEYS[2]),
  redis.call('ZCOUNT', KEYS[3], '(' .. string.format('%.0f', now), '+inf'),
  redis.call('ZCARD', KEYS[4]), restores and 1 or 0 }
"""


@dataclass(slots=True)
class Sampler:
    """looks: how often Redis answered. inside_most, taken_most: living visits, and with the called.

    handed_on_s: how long each seat was free that was seen free while somebody waited; others were
    called between two looks.
    """

    redis: Redis
    code: str
    seats: int
    looks: int = 0
    inside_most: int = 0
    taken_most: int = 0
    handed_on_s: list[float] = field(default_factory=list)
    _free_since_us: deque[int] = field(default_factory=deque)

    async def run(self, stop: asyncio.Event) -> None:
        keys = Keys(self.code)
        read = self.redis.register_script(LOOK)
        while not stop.is_set():
            with suppress(RedisError, OSError):
                now, *counts = await read(
                    keys=[keys.room, keys.admitted, keys.inside, keys.waiting]
                )
                self.look(int(now), *counts)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SAMPLED_EVERY_S)

    def look(self, now_us: int, called: int, inside: int, waiting: int, restores: int) -> None:
        """Note what was read at that time."""
        self.looks += 1
        self.inside_most = max(self.inside_most, inside)
        self.taken_most = max(self.taken_most, called + inside)
        free = max(0, self.seats - called - inside)
        if waiting < free or restores:
            self._free_since_us.clear()
            return
        while len(self._free_since_us) > free:
            self.handed_on_s.append((now_us - self._free_since_us.popleft()) / 1_000_000)
        while len(self._free_since_us) < free:
            self._free_since_us.append(now_us)
