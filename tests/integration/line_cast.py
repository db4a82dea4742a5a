"""What the line's tests do again and again: a crowd enters, some are let through, some get one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis import Redis

from domain.room import RoomKind
from topology.async_redis import open_async_redis
from waitroom.admission import Admission, Outcome
from waitroom.line import Line
from waitroom.member_status import MemberStatus
from waitroom.redis_io.keys import ROOMS, Keys

HOUR_S = 3_600
ISSUED = Outcome("issued", "a coupon")


def forget_room(redis_url: str, code: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.delete(*Keys(code).all())
        redis.srem(ROOMS, code)


class LineOf(Line):
    """A Line that goes through these rooms alone: others on this Redis may be somebody's."""

    def __init__(self, redis_url: str, *rooms: str) -> None:
        super().__init__(open_async_redis(redis_url, connections_max=8, socket_timeout=60.0))
        self._rooms = list(rooms)

    async def codes(self, kind: RoomKind | None = None) -> list[str]:
        return self._rooms


def crowd(count: int) -> list[str]:
    """Members whose ids sort the other way round than they come."""
    return [f"member-{count - n:06}" for n in range(count)]


async def enter(line: Line, code: str, members: Iterable[str]) -> list[MemberStatus]:
    """All of them in one turn of the event loop, in this order."""
    return await asyncio.gather(*(line.enter(code, one) for one in members))


async def places(line: Line, code: str, members: Iterable[str]) -> list[MemberStatus]:
    return await asyncio.gather(*(line.place(code, one) for one in members))


async def kinds(line: Line, code: str, members: Iterable[str]) -> list[str]:
    return [standing.kind for standing in await places(line, code, members)]


async def admit(
    line: Line, code: str, at_most: int = 1_000_000, lease_s: float = 60.0
) -> Admission:
    return await line.admit(code, at_most=at_most, lease_s=lease_s)


async def issue(line: Line, code: str, used_count: int, members: Iterable[str]) -> int:
    """Report that these got one each, after which `used_count` are gone."""
    return await line.report(code, used_count, dict.fromkeys(members, ISSUED))


async def refuse(line: Line, code: str, used_count: int, members: Iterable[str]) -> int:
    return await line.report(code, used_count, dict.fromkeys(members, Outcome("refused", "closed")))


async def told_wait_s(line: Line, code: str, member: str) -> int | None:
    return (await line.place(code, member)).eta_s


async def time_passes(line: Line, code: str, seconds: int) -> None:
    """For admission only: Redis' clock can't be turned, so what it wrote down is moved back."""
    for field in ("at", "moved"):
        if await line._redis.hexists(Keys(code).bucket, field):
            await line._redis.hincrby(Keys(code).bucket, field, -seconds * 1_000_000)
