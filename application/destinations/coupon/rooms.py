"""CouponRooms: the rooms of coupons as Postgres has them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from application.report_outcomes import make_outcome
from domain.room import Room, RoomKind
from issuance import issued_coupons
from issuance.draws import save_draw
from issuance.errors import NoSuchCoupon
from issuance.offers import list_offers
from issuance.postgres.engine import Engine
from issuance.retire import forget_line
from waitroom.line import Line


class CouponRooms:
    """Calls the sync coupon office in threads."""

    kind: RoomKind = "coupon"

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine = engine
        self._line = line

    async def list_rooms(self) -> Sequence[Room]:
        found = await asyncio.to_thread(list_offers, self._engine)
        return [offer.room for offer in found if offer.room is not None]

    async def save_draw(self, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
        """Raises NoSuchCoupon also where the coupon has no room."""
        drawn = await asyncio.to_thread(save_draw, self._engine, code, members, drawn_at)
        if drawn.room is None:
            raise NoSuchCoupon
        return drawn.room

    async def report_again(self, code: str) -> int:
        """Report all issued coupons in parts by member id; returns how many."""
        reported, last = 0, ""
        # Counted once, as this reads every row; workers report what they issue meanwhile.
        used, _ = await asyncio.to_thread(issued_coupons.count_issued, self._engine, code)
        while held := await asyncio.to_thread(
            issued_coupons.list_held_after, self._engine, code, last
        ):
            outcomes = {one.member_id: make_outcome(one, code) for one in held}
            await self._line.report(code, used, outcomes)
            reported, last = reported + len(held), held[-1].member_id
        return reported

    async def forget_line(self, room: Room) -> None:
        await asyncio.to_thread(forget_line, self._engine, room.id)
