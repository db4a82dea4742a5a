"""Visits: claims, renews, ends and finds the visits of rooms that lead to sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import uuid4

from redis.asyncio import Redis

from waitroom.batcher import RoomBatchers
from waitroom.errors import NoSuchRoom, NotYourTurn
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import ScriptCall, ScriptConnections, translate_redis_errors
from waitroom.redis_io.scripts import script
from waitroom.visits.used_passes import UsedPasses
from waitroom.visits.visit import Visit

ENDED_AT_ONCE = 500
PAGE_MAX = 1_000


class Visits:
    """Raises LineAway where Redis does not answer, and NoSuchRoom where a room leads to no site."""

    def __init__(self, redis: Redis, connections: ScriptConnections) -> None:
        self._redis = redis
        self.used_passes = UsedPasses(redis)
        self._claim = ScriptCall(connections, script("claim_visit"))
        self._find = ScriptCall(connections, script("find_visits"))
        self._renew = ScriptCall(connections, script("renew_visit"))
        self._end = ScriptCall(connections, script("end_visits"))
        self._list = redis.register_script(script("list_visits"))
        self._restore = ScriptCall(connections, script("restore_visit"))
        self._finding = RoomBatchers(self._find_all)

    async def claim(self, code: str, member_id: str) -> Visit:
        """Begin the visit of a called member; claiming again returns the same visit.

        Raises NotYourTurn where the member was not called, or too long ago.
        """
        found = await self._call(self._claim, "claim_visit", code, [member_id, uuid4().hex])
        if found[0] is None:
            raise NotYourTurn
        return found[0]

    async def find(self, code: str, visit_id: str) -> Visit | None:
        """The visit; None for an unknown one. One call of Redis for all who ask at once.

        A visit is known until no pass of it is valid any more, unless Redis has lost it.
        """
        return await self._finding.batcher(code).submit(visit_id)

    async def renew(self, code: str, visit_id: str) -> Visit | None:
        """Extend a living visit, where the room renews visits; None for an unknown one."""
        return (await self._call(self._renew, "renew_visit", code, [visit_id]))[0]

    async def finish(self, code: str, visit_id: str) -> Visit | None:
        """End a visit for the visitor or the site; None for an unknown one. Frees its seat.

        A visit that is over stays as it is.
        """
        return (await self._end_all(code, "f", [visit_id]))[0]

    async def revoke(self, code: str, visit_id: str) -> Visit | None:
        """End a visit for an admin; as `finish`."""
        return (await self._end_all(code, "r", [visit_id]))[0]

    async def revoke_all(self, code: str) -> int:
        """Revoke all living visits; returns how many. Called members may still come."""
        revoked = 0
        with translate_redis_errors():
            living: Any = await self._redis.zrange(Keys(code).inside, 0, -1)
        ids = [one.decode() for one in living if one]
        for start in range(0, len(ids), ENDED_AT_ONCE):
            found = await self._end_all(code, "r", ids[start : start + ENDED_AT_ONCE])
            revoked += sum(one is not None and one.state == "revoked" for one in found)
        return revoked

    async def list_visits(self, code: str, *, after: str = "", limit: int = 100) -> list[Visit]:
        """A page of visits, living ones and those that have ended lately, the oldest claim first.

        after: the id of the last visit of the page before. limit: at most PAGE_MAX.
        """
        with translate_redis_errors():
            reply = await self._list(
                keys=Keys(code).for_script("list_visits"),
                args=[after, min(limit, PAGE_MAX)],
            )
        return [one for one in _parse(reply, code) if one is not None]

    async def restore(
        self,
        code: str,
        visit_id: str,
        member_id: str,
        *,
        claimed_at_us: int,
        signed_at_us: int,
        ends_at_us: int,
    ) -> Visit | None:
        """The visit of a valid pass, which Redis may have lost: it then lives until the pass ends.

        signed_at_us: of the pass, when the line knew the visit. None where the pass is over, or its
        member has another living visit.
        """
        times = (claimed_at_us, ends_at_us, signed_at_us)
        arguments = [visit_id, member_id, *map(str, times)]
        return (await self._call(self._restore, "restore_visit", code, arguments))[0]

    async def _find_all(self, code: str, visit_ids: Sequence[str]) -> list[Visit | None]:
        return await self._call(self._find, "find_visits", code, visit_ids) if visit_ids else []

    async def _end_all(
        self, code: str, how: Literal["f", "r"], visit_ids: Sequence[str]
    ) -> list[Visit | None]:
        return await self._call(self._end, "end_visits", code, [how, *visit_ids])

    async def _call(
        self, call: ScriptCall, name: str, code: str, arguments: Sequence[str]
    ) -> list[Visit | None]:
        with translate_redis_errors():
            reply = await call(Keys(code).for_script(name), arguments)
        if not reply:
            raise NoSuchRoom
        return _parse(reply, code)


def _parse(reply: Sequence[bytes], room: str) -> list[Visit | None]:
    return [Visit.from_text(text.decode(), room) if text else None for text in reply]
