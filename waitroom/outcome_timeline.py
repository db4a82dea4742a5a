"""OutcomeTimeline: remembers from which timeline of the database the line's outcomes come."""

from __future__ import annotations

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors

# The tag has a space, so it is no room's code.
KEY = "waitroom:{outcome timeline}:seen"


class OutcomeTimeline:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self) -> str | None:
        """As last set by any admitter; None if none did, or if Redis lost it."""
        with translate_redis_errors():
            found = await self._redis.get(KEY)
        return found.decode() if isinstance(found, bytes) else found

    async def set(self, timeline: str) -> None:
        """Remember it: all outcomes in the line are those of this timeline."""
        with translate_redis_errors():
            await self._redis.set(KEY, timeline)
