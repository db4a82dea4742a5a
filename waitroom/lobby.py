"""Lobby: reads the members of a drawing room's lobby in the order drawn."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from domain.draw import NUMBERS
from waitroom.redis_io.keys import Keys

AT_ONCE = 10_000


async def read_lobby(redis: Redis, keys: Keys) -> list[str] | None:
    """All members, or None while members may still enter or, after a loss, return.

    Raises RedisError.

    Reads in parts, so that Redis serves others in between, and by number, not by rank: a member who
    leaves meanwhile must not hide the next one.
    """
    now_s, now_us = await redis.time()
    names = ("opens_at", "restoring_from", "restoring_until", "opened_for")
    opens_at, restoring_from, restoring_until, opened_for = await redis.hmget(keys.room, *names)
    if opens_at is None or restoring_from == b"0":
        return None
    not_before_us = 0 if opened_for == opens_at else int(opens_at)
    if now_s * 1_000_000 + now_us < max(not_before_us, int(restoring_until or 0)):
        return None
    members: dict[str, None] = {}
    least = 0
    while True:
        reply: Any = await redis.zrangebyscore(
            keys.waiting, least, NUMBERS - 1, start=0, num=AT_ONCE, withscores=True
        )
        some: list[tuple[bytes, float]] = reply
        before = len(members)
        members.update((member.decode(), None) for member, _ in some)
        if len(some) < AT_ONCE:
            return list(members)
        # From the last number again: another member may have drawn the same one.
        assert len(members) > before, "more members than a part holds have drawn one number"
        least = int(some[-1][1])
