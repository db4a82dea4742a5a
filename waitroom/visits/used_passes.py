"""UsedPasses: which passes in an address were taken, as each hands one browser over, once."""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors


def used_pass_key(code: str, token: str) -> str:
    return f"waitroom:{{{code}}}:used_pass:{hashlib.sha256(token.encode()).hexdigest()}"


class UsedPasses:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def take(self, code: str, token: str, *, kept_s: int) -> bool:
        """Take a pass; False where it was taken before. kept_s: until it is no longer valid."""
        with translate_redis_errors():
            key = used_pass_key(code, token)
            return bool(await self._redis.set(key, b"1", nx=True, ex=max(1, kept_s)))
