"""LoopErrors: counts unexpected errors of background loops.

Redis holds the counts, so that any web process can report the loops of all processes.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors

# The tag has a space, so it is no room's code.
KEY = "waitroom:{loop errors}:counts"
# All loops, so that a metric exists before a loop's first error.
LOOPS = (
    "admit", "autopilot", "clocks", "enter_times", "expire", "live", "minutes", "reconcile",
    "register", "sessions", "settle", "watch_postgres", "worker",
)  # fmt: skip


class LoopErrors:
    """One process' counts. Raises LineAway where Redis does not answer, and then keeps them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._unpublished: Counter[str] = Counter()

    def note(self, loop: str) -> None:
        """Count one error of this loop; `publish` sends it later."""
        self._unpublished[loop] += 1

    async def publish(self) -> None:
        """Add the errors since the last call to the counts in Redis."""
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
        """The counts of all processes by loop, zeros included."""
        with translate_redis_errors():
            found: Any = await self._redis.hgetall(KEY)
        counts = {name.decode(): int(count) for name, count in found.items()}
        return dict.fromkeys(LOOPS, 0) | counts
