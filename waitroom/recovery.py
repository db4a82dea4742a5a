"""How a line that has lost its places is put together again, by the tickets it gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from domain.draw import number_of
from domain.spent_ticket import SpentTicket
from domain.watermark import Watermark
from waitroom.member_status import Standing, standings_in
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import Call
from waitroom.redis_io.scripts import script
from waitroom.redis_io.unavailable import away_is_said

RESTORE_MAX = 500


class HowFar(NamedTuple):
    """How far a line has come, and what of it is to be kept or given back.

    lost_at_us: of a loss after which those who hold a coupon were not told so again, else 0.
    are_spent_lost: whether the line has lost which tickets are spent. unsaved: those that may not
    be written down yet, the oldest first, some thousands at most.
    """

    watermark: Watermark
    lost_at_us: int
    are_spent_lost: bool
    unsaved: list[SpentTicket]


class Restoring:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis, restore: Call) -> None:
        self._redis = redis
        self._restore = restore
        self._watermark = redis.register_script(script("watermark"))
        self._retold = redis.register_script(script("retold"))
        self._saved = redis.register_script(script("saved"))
        self._spend = redis.register_script(script("spend"))

    async def restore(self, code: str, tickets: Sequence[tuple[str, int]]) -> list[Standing]:
        """Where each member stands, by their id and what their ticket says of their arrival.

        Whoever the line knows nothing of gets the place back that they had, unless their ticket is
        spent. A ticket of a lobby that draws says a mark instead of a number (`Ticket`). Raises
        NoSuchRoom.
        """
        standings = await self._restored(code, tickets)
        marked = [i for i, one in enumerate(standings) if one.kind == "undrawn"]
        if marked:
            seed = bytes.fromhex(standings[marked[0]].text)
            numbered = [(who, number_of(seed, who)) for who, _ in (tickets[i] for i in marked)]
            again = await self._restored(code, numbered)
            for i, standing in zip(marked, again, strict=True):
                standings[i] = standing
        return standings

    async def _restored(self, code: str, tickets: Sequence[tuple[str, int]]) -> list[Standing]:
        standings: list[Standing] = []
        for start in range(0, len(tickets), RESTORE_MAX):
            arguments: list[str] = []
            for member, arrival in tickets[start : start + RESTORE_MAX]:
                arguments += [member, str(arrival)]
            with away_is_said():
                standings += standings_in(await self._restore(Keys(code).of_asking(), arguments))
        return standings

    async def how_far(self, code: str) -> HowFar | None:
        """How far the room's line has come; None where nobody can have come yet."""
        keys = Keys(code)
        with away_is_said():
            reply = await self._watermark(keys=keys.of_watermark(), args=[])
        if not reply:
            return None
        *numbers, words = reply
        taken_at, spent_until, last_arrival, lost_at, are_spent_lost = map(int, numbers)
        unsaved = [
            SpentTicket(member.decode(), int(arrival), int(since))
            for member, arrival, since in zip(words[::3], words[1::3], words[2::3], strict=True)
        ]
        mark = Watermark(taken_at, spent_until, last_arrival)
        return HowFar(mark, lost_at, bool(are_spent_lost), unsaved)

    async def saved(self, code: str, tickets: Sequence[SpentTicket]) -> int:
        """These are written down; how many of them have not changed since."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.noted_at_us)]
        with away_is_said():
            return int(await self._saved(keys=[Keys(code).spent_unsaved], args=arguments))

    async def spend(self, code: str, tickets: Sequence[SpentTicket]) -> int:
        """Give the line these back; how many of their owners had come back in vain."""
        arguments: list[str] = []
        for ticket in tickets:
            arguments += [ticket.member_id, str(ticket.arrival), str(ticket.noted_at_us)]
        with away_is_said():
            return int(await self._spend(keys=Keys(code).of_spending(), args=arguments))

    async def retold(self, code: str, lost_at_us: int) -> bool:
        """Everybody who holds a coupon was told so again; False where more was lost since."""
        with away_is_said():
            return bool(await self._retold(keys=[Keys(code).room], args=[lost_at_us]))
