"""SiteRooms: the rooms of sites as Postgres has them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from domain.room import Room, RoomKind
from issuance.postgres.engine import Engine
from issuance.retire import forget_line
from issuance.sites.site_rooms import list_site_rooms, save_draw


class SiteRooms:
    """Calls the sync coupon office in threads."""

    kind: RoomKind = "site"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_rooms(self) -> Sequence[Room]:
        found = await asyncio.to_thread(list_site_rooms, self._engine)
        return [one.room for one in found]

    async def save_draw(self, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
        return await asyncio.to_thread(save_draw, self._engine, code, members, drawn_at)

    async def report_again(self, code: str) -> int:  # noqa: ARG002 - as RoomStore has it
        """Postgres has no visits: passes bring them back."""
        return 0

    async def forget_line(self, room: Room) -> None:
        await asyncio.to_thread(forget_line, self._engine, room.id)
