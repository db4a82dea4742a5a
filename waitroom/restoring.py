"""Restoring: how a line that has lost its places is put together again, by the tickets it gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from domain.draw import number_of
from domain.watermark import Watermark
from waitroom.away import away_is_said
from waitroom.call import Call
from waitroom.keys import Keys
from waitroom.scripts import script
from waitroom.standing import Standing, standings_in

RESTORE_MAX = 500


class HowFar(NamedTuple):
    """lost_at_us: of a loss after which those who hold a coupon were not told so again, else 0."""

    watermark: Watermark
    lost_at_us: int


class Restoring:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis, restore: Call) -> None:
        self._redis = redis
        self._restore = restore
        self._watermark = redis.register_script(script("watermark"))
        self._retold = redis.register_script(script("retold"))

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
                standings += standings_in(await self._restore(Keys(code).of_restoring(), arguments))
        return standings

    async def how_far(self, code: str) -> HowFar | None:
        """How far the room's line has come; None where nobody can have come yet."""
        keys = Keys(code)
        with away_is_said():
            reply = await self._watermark(keys=[keys.room, keys.waiting, keys.arrivals], args=[])
        if not reply:
            return None
        taken_at, spent_until, last_arrival, lost_at = (int(word) for word in reply)
        return HowFar(Watermark(taken_at, spent_until, last_arrival), lost_at)

    async def retold(self, code: str, lost_at_us: int) -> bool:
        """Everybody who holds a coupon was told so again; False where more was lost since."""
        with away_is_said():
            return bool(await self._retold(keys=[Keys(code).room], args=[lost_at_us]))
