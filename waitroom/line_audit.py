"""LineAudit: scans and corrects the outcomes that Redis holds.

Scans read everything in a room. They are for an admin's command and the admitter's check, never for
a crowd's requests. They read small parts, with pauses in which Redis serves others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from waitroom.errors import NoSuchRoom
from waitroom.outcome_timeline import OutcomeTimeline
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import by_member, script

PART = 1_000
PART_REST_S = 0.002
# As `report.lua` stores it: the time of arrival, or the place in a draw.
_ISSUED = re.compile(rb"i(\d+)")


class LineAudit:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.timeline = OutcomeTimeline(redis)
        self._issued_members = redis.register_script(script("issued_members"))
        self._retract = redis.register_script(script("retract"))
        self._lease = redis.register_script(script("renew_leases"))

    async def used_count(self, code: str) -> int:
        """Raises NoSuchRoom."""
        with translate_redis_errors():
            count = await self._redis.hget(Keys(code).room, "used_count")
        if count is None:
            raise NoSuchRoom
        return int(count)

    async def scan_issued(self, code: str, *, at_least: int = 1) -> AsyncIterator[list[str]]:
        """Yield the members with an issued outcome, `at_least` at a time but for the last.

        A member may appear twice.
        """
        keys, cursor, members = Keys(code).for_script("issued_members"), b"0", list[str]()
        while True:
            with translate_redis_errors():
                reply: Any = await self._issued_members(keys=keys, args=[cursor, PART])
            cursor, *found = reply
            members += [one.decode() for one in found]
            if len(members) >= at_least or (members and cursor == b"0"):
                yield members
                members = []
            if cursor == b"0":
                return
            await asyncio.sleep(PART_REST_S)

    async def filter_issued(self, code: str, members: Sequence[str]) -> list[str]:
        """Those of these members who have an issued outcome."""
        outcomes = await self._each(Keys(code).outcomes, members)
        return [one for one, outcome in zip(members, outcomes, strict=True) if _is_issued(outcome)]

    async def sort_by_arrival(self, code: str, members: Sequence[str]) -> list[str]:
        """Those of these members who have an issued outcome, in order of arrival."""
        outcomes: list[bytes | None] = []
        for start in range(0, len(members), PART):
            outcomes += await self._each(Keys(code).outcomes, members[start : start + PART])
        arrivals = {
            member: int(found[1])
            for member, outcome in zip(members, outcomes, strict=True)
            if (found := _ISSUED.match(outcome or b""))
        }
        return sorted(arrivals, key=lambda member: arrivals[member])

    async def sort_admitted(self, code: str, members: Sequence[str]) -> list[str]:
        """These members in order of arrival; first those whose arrival is lost."""
        arrivals: list[bytes | None] = []
        for start in range(0, len(members), PART):
            arrivals += await self._each(Keys(code).arrivals, members[start : start + PART])
        pairs = zip(members, arrivals, strict=True)
        order = {member: int(arrival or 0) for member, arrival in pairs}
        return sorted(order, key=lambda member: order[member])

    async def filter_in_progress(self, code: str, members: Sequence[str]) -> list[str]:
        """Those of these members who are admitted and within their lease."""
        if not members:
            return []
        with translate_redis_errors():
            now_us = await self._now_us()
            dues: Any = await self._redis.zmscore(Keys(code).admitted, list(members))
        pairs = zip(members, dues, strict=True)
        return [one for one, due in pairs if due is not None and due > now_us]

    async def list_overdue(self, code: str, *, by_s: float, at_most: int = PART) -> list[str]:
        """Admitted members whose outcome is overdue by `by_s` or more; renews no lease."""
        with translate_redis_errors():
            until = await self._now_us() - int(by_s * 1_000_000)
            found: Any = await self._redis.zrangebyscore(
                Keys(code).admitted, "-inf", until, start=0, num=at_most
            )
        return [member.decode() for member in found]

    async def lease(self, code: str, members: Sequence[str], *, for_s: float) -> dict[str, int]:
        """Renew the lease of those who have no outcome yet, before they are enqueued again.

        Returns when each of them was admitted (microseconds), in their order.
        """
        k, found = Keys(code), {}
        for start in range(0, len(members), PART):
            with translate_redis_errors():
                reply = await self._lease(
                    keys=k.for_script("renew_leases"),
                    args=[int(for_s * 1_000_000), *members[start : start + PART]],
                )
            found.update(by_member(reply))
        return found

    async def retract(self, code: str, members: Sequence[str]) -> int:
        """Remove issued outcomes; their members are admitted again. Returns how many had one."""
        k, done = Keys(code), 0
        for start in range(0, len(members), PART):
            with translate_redis_errors():
                done += await self._retract(
                    keys=k.for_script("retract"),
                    args=list(members[start : start + PART]),
                )
        return done

    async def set_used_count(self, code: str, expected: int, new: int) -> bool:
        """Compare and set; False where the count is not `expected`. Only this may lower it."""
        key = Keys(code).room
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(key)
                if int(await pipe.hget(key, "used_count") or -1) != expected:
                    return False
                pipe.multi()  # type: ignore[no-untyped-call]
                pipe.hset(key, "used_count", str(new))
                try:
                    await pipe.execute()
                except WatchError:
                    return False
        return True

    async def _each(self, key: str, members: Sequence[str]) -> list[bytes | None]:
        if not members:
            return []
        with translate_redis_errors():
            found: Any = await self._redis.hmget(key, list(members))
        return list(found)

    async def _now_us(self) -> int:
        seconds, us = await self._redis.time()
        return int(seconds) * 1_000_000 + int(us)


def _is_issued(outcome: bytes | None) -> bool:
    return outcome is not None and outcome.startswith(b"i")
