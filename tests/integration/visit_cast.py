"""A room in front of a site, and what its visitors do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from redis import Redis

from domain.room import Room
from tests.integration.cast import a_room
from tests.integration.line_cast import admit
from waitroom.line import Line
from waitroom.redis_io.keys import Keys
from waitroom.visits.visit import Visit

VISIT_RULES = {
    "claim_s": 120,
    "session_s": 600,
    "session_max_s": 3_600,
    "renewal": "off",
    "passthrough": "off",
}


def a_site_room(code: str, **changes: object) -> Room:
    """changes: settings of the room, and rules of its visits."""
    rules = {name: changes.pop(name) for name in list(changes) if name in VISIT_RULES}
    room = a_room(code, **{"total": 1_000_000_000, "restore_s": 0, **changes})
    return replace(room, kind="site", further={**VISIT_RULES, **rules})


async def site_in_force(line: Line, code: str, **changes: object) -> Room:
    room = a_site_room(code, **changes)
    await line.apply_settings(room)
    return room


async def call_and_claim(line: Line, code: str, count: int = 1_000) -> list[Visit]:
    """Call these many members from the head of the line; all come."""
    return await claim_all(line, code, (await admit(line, code, count)).members)


async def claim_all(line: Line, code: str, members: Iterable[str]) -> list[Visit]:
    return [await line.visits.claim(code, member) for member in members]


def move_visits(redis_url: str, code: str, seconds: int) -> None:
    """Let all visits and calls have begun that much earlier: Redis' clock can't be turned."""
    by_us, keys = -seconds * 1_000_000, Keys(code)
    with Redis.from_url(redis_url) as redis:
        for key in (keys.inside, keys.admitted, keys.claims, keys.ended):
            for member, _ in redis.zrange(key, 0, -1, withscores=True):
                if member:
                    redis.zincrby(key, by_us, member)
        for key in (keys.admissions,):
            for member in redis.hkeys(key):
                redis.hincrby(key, member, by_us)
        for visit, record in redis.hgetall(keys.visits).items():
            if visit:
                state, *times, arrival, member = record.split(b" ")
                moved = [b"%d" % (int(time) + by_us if int(time) else 0) for time in times]
                redis.hset(keys.visits, visit, b" ".join([state, *moved, arrival, member]))
