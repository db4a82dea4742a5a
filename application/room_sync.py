"""Room sync: rooms' settings, draws and ends, brought from Postgres to the line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from application.apply_settings import apply_settings
from application.each_room import EachRoom
from application.recover_line import recover_line
from issuance.draws import save_draw
from issuance.member_coupons import expire_stale
from issuance.offers import Offer, list_offers
from issuance.postgres.engine import Engine
from issuance.retire import forget_line
from waitroom.line import Line

log = structlog.get_logger(__name__)

SETTLE_EVERY_S = 1.0
EXPIRE_EVERY_S = 60.0
DRAW_AGAIN_S = 0.05  # after an opening, until the whole lobby can be read
# After its end the admitter serves a room for an hour, and Redis keeps it for a week.
RETIRE_AFTER = timedelta(hours=1)
KEEP_S = 7 * 24 * 3600


class RoomSync:
    """What is brought from Postgres to the line, and kept tidy there, over one connection."""

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine = engine
        self._line = line
        self._connection = asyncio.Lock()

    async def run_once(self) -> float:
        """One round; seconds until the next. Raises OfficeError, LineError.

        Whatever else one room fails with is raised once all rooms have had their turn.
        """
        async with self._connection:
            rooms = EachRoom()
            found = await asyncio.to_thread(list_offers, self._engine)
            await self._settle(found, rooms)
            rest_s = await self._draw(found, rooms)
        rooms.raise_first()
        return rest_s

    async def expire_coupons(self) -> float:
        """Mark coupons that have expired; seconds until the next time. Raises OfficeAway."""
        async with self._connection:
            await asyncio.to_thread(expire_stale, self._engine)
        return EXPIRE_EVERY_S

    async def _draw(self, found: Sequence[Offer], rooms: EachRoom) -> float:
        """Write down the order of lobbies that have just opened; until then nobody is let through.

        Returns seconds until there is something to do again.
        """
        rest_s = SETTLE_EVERY_S
        for offer in found:
            if offer.room is None or offer.room.opening != "draw" or offer.drawn is not None:
                continue
            again_s = await rooms.attempt(offer.coupon.code, self._draw_one(offer))
            rest_s = min(rest_s, again_s or SETTLE_EVERY_S)
        return rest_s

    async def _draw_one(self, offer: Offer) -> float:
        """Draw it if its time has come; seconds until it is to be looked at again."""
        code, now = offer.coupon.code, await self._line.measure_clock()
        opens_in_s = (offer.coupon.opens_at - now).total_seconds()
        members = await self._line.lobby(code) if opens_in_s <= 0 else None
        if members is None:
            # Long after the opening it is a line that comes together again: no hurry.
            soon = opens_in_s > -SETTLE_EVERY_S
            return max(opens_in_s, DRAW_AGAIN_S) if soon else SETTLE_EVERY_S
        drawn = await asyncio.to_thread(save_draw, self._engine, code, members, now)
        log.info("the lobby was drawn", room=code, entrants=len(members))
        await apply_settings(self._line, drawn)
        return SETTLE_EVERY_S

    async def _retire(self, offer: Offer) -> None:
        """Its tickets bring nobody back any more."""
        if await self._line.retire(offer.coupon.code, keep_s=KEEP_S):
            await asyncio.to_thread(forget_line, self._engine, offer.coupon.id)

    async def _settle(self, found: Sequence[Offer], rooms: EachRoom) -> None:
        """Rooms' settings live in Postgres; a line that lost or missed them gets them back here."""
        now = await self._line.measure_clock()
        served = []
        for offer in found:
            if offer.room is None:
                continue
            code = offer.coupon.code
            if now < offer.coupon.expire_date + RETIRE_AFTER:
                await rooms.attempt(code, apply_settings(self._line, offer))
                served.append(offer)
            else:
                await rooms.attempt(code, self._retire(offer))
        # All are served again before one of them takes its time to come together.
        for offer in served:
            await rooms.attempt(offer.coupon.code, recover_line(self._line, self._engine, offer))
