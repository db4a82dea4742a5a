"""Member sessions: which hand-over tokens were used, and which sessions have ended, in Redis.

A session itself is a signed cookie. Kept here is only what a cookie can't know: that its member has
signed out since. All times are of Redis' clock, in microseconds since 1970.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import script

# Members whose sessions have ended: each takes 80 bytes in Redis and 140 in each web process.
ENDED_MAX = 1_000_000
READ_MAX = 5_000
# In one slot of a cluster. The tag is no room's: a code has no space.
ENDED, FLOOR = "waitroom:{signed in}:ended", "waitroom:{signed in}:floor"


def used_key(token_name: str) -> str:
    return f"waitroom:{{signed in}}:used:{token_name}"


@dataclass(frozen=True, slots=True)
class EndedSince:
    """Members whose sessions ended after `cursor_us`, oldest first, and what Redis says besides.

    known: how many ends up to the cursor Redis still has. has_more: whether there are more than
    were read. floor_us: no session that began until then counts.
    """

    ended: dict[str, int]
    floor_us: int
    known: int
    now_us: int
    has_more: bool


class MemberSessions:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis, *, ended_max: int = ENDED_MAX) -> None:
        self._redis = redis
        self._ended_max = ended_max
        self._begin = redis.register_script(script("begin_session"))
        self._end = redis.register_script(script("end_sessions"))

    async def begin(self, member_id: str, token_name: str = "", *, kept_s: int = 0) -> int | None:
        """When a session that begins now began, or None where the token was used before.

        token_name: of the hand-over token, which is remembered for `kept_s`; without one, nothing
        is used up.
        """
        keys = [ENDED, FLOOR, *([used_key(token_name)] if token_name else [])]
        nonce = secrets.token_hex(8)
        with translate_redis_errors():
            began = await self._begin(keys=keys, args=[member_id, nonce, max(1, kept_s)])
        return int(began) if began else None

    async def end(self, member_id: str, *, began_us: int, age_max_s: int) -> int:
        """End all sessions of this member; when that was. began_us: of the session that asks."""
        arguments = [member_id, str(began_us), str(age_max_s), str(self._ended_max)]
        with translate_redis_errors():
            return int(await self._end(keys=[ENDED, FLOOR], args=arguments))

    async def ended_since(self, cursor_us: int) -> EndedSince:
        """What has ended since then, at most READ_MAX members of it."""
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrangebyscore(
                    ENDED, f"({cursor_us}", "+inf", start=0, num=READ_MAX, withscores=True
                )
                pipe.get(FLOOR)
                pipe.zcount(ENDED, "-inf", cursor_us)
                pipe.time()
                found, floor, known, (now_s, now_us) = await pipe.execute()
        return EndedSince(
            {member.decode(): int(at_us) for member, at_us in found},
            int(floor or 0),
            int(known),
            now_s * 1_000_000 + now_us,
            has_more=len(found) == READ_MAX,
        )

    async def restore(self, ended: Mapping[str, int]) -> None:
        """Put ends back that Redis has lost; a later one of the same member stays."""
        members = list(ended.items())
        with translate_redis_errors():
            for start in range(0, len(members), READ_MAX):
                await self._redis.zadd(ENDED, dict(members[start : start + READ_MAX]), gt=True)
