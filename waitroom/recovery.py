"""How a line that has lost its places is put together again, by the tickets it gave."""

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
    """How far a line has come, and what of it is to be kept or given back.

    lost_at_us: of a loss after which those who hold a coupon were not told so again, else 0.
    are_spent_lost: whether the line has lost which tickets are spent. unsaved: those that may not
    be written down yet, the oldest first, some thousands at most.
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
        """Where each member stands, by their id and what their ticket says of their arrival.

        Whoever the line knows nothing of gets the place back that they had, unless their ticket is
        spent. A ticket of a lobby that draws says a mark instead of a number (`Ticket`). Raises
        NoSuchRoom.
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
        """How far the room's line has come; None where nobody can have come yet."""
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
        """These are written down; how many of them have not changed since."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.noted_at_us)]
        with translate_redis_errors():
            return int(await self._saved(keys=Keys(code).for_script("mark_saved"), args=arguments))

    async def add_spent(self, code: str, tickets: Sequence[SpentTicket]) -> int:
        """Give the line these back; how many of their owners had come back in vain."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.arrival), str(ticket.noted_at_us)]
        with translate_redis_errors():
            return int(await self._spend(keys=Keys(code).for_script("add_spent"), args=arguments))

    async def mark_retold(self, code: str, lost_at_us: int) -> bool:
        """Everybody who holds a coupon was told so again; False where more was lost since."""
        with translate_redis_errors():
            keys = Keys(code).for_script("mark_retold")
            return bool(await self._retold(keys=keys, args=[lost_at_us]))
