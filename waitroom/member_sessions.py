"""MemberSessions: used hand-over tokens and ended sessions, in Redis.

A session itself is a signed cookie. Redis stores only what a cookie can't know: that its member has
signed out since. All times are of Redis' clock, in microseconds since 1970.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import script

# Members with ended sessions: each takes 80 bytes in Redis and 140 in each web process.
ENDED_MAX = 1_000_000
READ_MAX = 5_000
# A used nonce is kept longer than what it belongs to is valid.
USED_KEPT_S = 3_600
# One tag, so one cluster slot. It has a space, so it is no room's code.
ENDED, FLOOR = "waitroom:{signed in}:ended", "waitroom:{signed in}:floor"


def used_key(token_name: str) -> str:
    return f"waitroom:{{signed in}}:used:{token_name}"


@dataclass(frozen=True, slots=True)
class EndedSince:
    """Members whose sessions ended after `cursor_us`, oldest first.

    known: how many earlier ends Redis still has. has_more: whether another part is to be read.
    floor_us: every session that began until then has ended.
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
        """Begin a session; returns its beginning (us), or None where the token was used before.

        token_name: of the hand-over token, which Redis remembers for `kept_s`; "" for a sign-in
        without one.
        """
        keys = [ENDED, FLOOR, *([used_key(token_name)] if token_name else [])]
        nonce = secrets.token_hex(8)
        with translate_redis_errors():
            began = await self._begin(keys=keys, args=[member_id, nonce, max(1, kept_s)])
        return int(began) if began else None

    async def use_once(self, nonce: str, *, kept_s: int = USED_KEPT_S) -> bool:
        """Whether nobody has used the nonce before."""
        with translate_redis_errors():
            # A retry after a lost answer finds the value of its own call.
            ours, key = secrets.token_hex(8), used_key(nonce)
            if await self._redis.set(key, ours, nx=True, ex=kept_s):
                return True
            return bool(await self._redis.get(key) == ours.encode())

    async def end(self, member_id: str, *, began_us: int, age_max_s: int) -> int:
        """End all sessions of this member; returns when (us). began_us: of the calling session."""
        arguments = [member_id, str(began_us), str(age_max_s), str(self._ended_max)]
        with translate_redis_errors():
            return int(await self._end(keys=[ENDED, FLOOR], args=arguments))

    async def ended_since(self, cursor_us: int) -> EndedSince:
        """Sessions that ended after the cursor, of at most READ_MAX members."""
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
        """Write ends back that Redis has lost; a later one of the same member stays."""
        members = list(ended.items())
        with translate_redis_errors():
            for start in range(0, len(members), READ_MAX):
                await self._redis.zadd(ENDED, dict(members[start : start + READ_MAX]), gt=True)
