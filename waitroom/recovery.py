"""Recovery: restores a line that Redis has lost, from members' tickets and Postgres' watermark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from domain.draw import draw_number
from domain.spent_ticket import SpentTicket
from domain.watermark import Watermark
from waitroom.member_status import MemberStatus, parse_statuses
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import ScriptCall, translate_redis_errors
from waitroom.redis_io.scripts import script

RESTORE_MAX = 500


class LineProgress(NamedTuple):
    """A line's watermark, and what Postgres must save or restore.

    lost_at_us: when Redis lost data, until issued outcomes are reported again; else 0.
    are_spent_lost: whether Redis lost its spent tickets. unsaved: spent tickets that Postgres may
    not have yet, the oldest first, at most some thousands.
    """

    watermark: Watermark
    lost_at_us: int
    are_spent_lost: bool
    unsaved: list[SpentTicket]


class Recovery:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis, restore: ScriptCall) -> None:
        self._redis = redis
        self._restore = restore
        self._watermark = redis.register_script(script("watermark"))
        self._retold = redis.register_script(script("mark_retold"))
        self._saved = redis.register_script(script("mark_saved"))
        self._spend = redis.register_script(script("add_spent"))

    async def restore(self, code: str, tickets: Sequence[tuple[str, int]]) -> list[MemberStatus]:
        """The status of each, by member id and the arrival on their ticket. Raises NoSuchRoom.

        A member whom the line has lost gets their place back, unless the ticket is spent. A ticket
        from before a draw holds a mark instead of a number (`Ticket`).
        """
        standings = await self._restored(code, tickets)
        marked = [i for i, one in enumerate(standings) if one.kind == "undrawn"]
        if marked:
            seed = bytes.fromhex(standings[marked[0]].text)
            numbered = [(who, draw_number(seed, who)) for who, _ in (tickets[i] for i in marked)]
            again = await self._restored(code, numbered)
            for i, standing in zip(marked, again, strict=True):
                standings[i] = standing
        return standings

    async def _restored(self, code: str, tickets: Sequence[tuple[str, int]]) -> list[MemberStatus]:
        standings: list[MemberStatus] = []
        for start in range(0, len(tickets), RESTORE_MAX):
            arguments: list[str] = []
            for member, arrival in tickets[start : start + RESTORE_MAX]:
                arguments += [member, str(arrival)]
            with translate_redis_errors():
                reply = await self._restore(Keys(code).for_script("restore"), arguments)
                standings += parse_statuses(reply)
        return standings

    async def read_progress(self, code: str) -> LineProgress | None:
        """The progress of the room's line; None before its lobby opens."""
        keys = Keys(code)
        with translate_redis_errors():
            reply = await self._watermark(keys=keys.for_script("watermark"), args=[])
        if not reply:
            return None
        *numbers, words = reply
        taken_at, spent_until, last_arrival, lost_at, are_spent_lost = map(int, numbers)
        unsaved = [
            SpentTicket(member.decode(), int(arrival), int(since))
            for member, arrival, since in zip(words[::3], words[1::3], words[2::3], strict=True)
        ]
        mark = Watermark(taken_at, spent_until, last_arrival)
        return LineProgress(mark, lost_at, bool(are_spent_lost), unsaved)

    async def mark_saved(self, code: str, tickets: Sequence[SpentTicket]) -> int:
        """Note that Postgres has these; returns how many have not changed since."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.noted_at_us)]
        with translate_redis_errors():
            return int(await self._saved(keys=Keys(code).for_script("mark_saved"), args=arguments))

    async def add_spent(self, code: str, tickets: Sequence[SpentTicket]) -> int:
        """Write spent tickets back; returns how many members stood in line by one, and no more."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.arrival), str(ticket.noted_at_us)]
        with translate_redis_errors():
            return int(await self._spend(keys=Keys(code).for_script("add_spent"), args=arguments))

    async def mark_retold(self, code: str, lost_at_us: int) -> bool:
        """Note that all issued outcomes were reported again; False after another loss since."""
        with translate_redis_errors():
            keys = Keys(code).for_script("mark_retold")
            return bool(await self._retold(keys=keys, args=[lost_at_us]))
