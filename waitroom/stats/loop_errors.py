"""LoopErrors: how often work that a process repeats has failed in a way that nobody foresaw.

Counted in Redis, so that any web process can report the loops of all processes.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors

# A name with a space: no room has it.
KEY = "waitroom:{loop errors}:counts"
# Their names, so that each can be reported before its first error.
LOOPS = (
    "admit", "autopilot", "clocks", "enter_times", "expire", "live", "reconcile", "sessions",
    "settle", "watch_postgres", "worker",
)  # fmt: skip


class LoopErrors:
    """For one process. Raises LineAway where Redis does not answer; nothing is lost by it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._unpublished: Counter[str] = Counter()

    def note(self, loop: str) -> None:
        """One more error of this loop; it is published later."""
        self._unpublished[loop] += 1

    async def publish(self) -> None:
        """Add to the counts of all processes what was noted since the last time."""
        if not self._unpublished:
            return
        counts, self._unpublished = self._unpublished, Counter()
        try:
            with translate_redis_errors():
                async with self._redis.pipeline(transaction=True) as pipe:
                    for loop, count in counts.items():
                        pipe.hincrby(KEY, loop, count)
                    await pipe.execute()
        except BaseException:
            self._unpublished.update(counts)
            raise

    async def counts(self) -> dict[str, int]:
        """Of all processes, by the name of the loop; zeros too."""
        with translate_redis_errors():
            found: Any = await self._redis.hgetall(KEY)
        counts = {name.decode(): int(count) for name, count in found.items()}
        return dict.fromkeys(LOOPS, 0) | counts
