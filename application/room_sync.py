"""RoomSync: brings rooms' settings, rate steps, draws and ends from Postgres to the line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from application.destinations.room_store import RoomStore
from application.each_room import EachRoom
from application.recover_line import recover_line
from domain.room import Room, RoomKind
from issuance.member_coupons import expire_stale
from issuance.planning.rate_steps import apply_due_steps
from issuance.postgres.engine import Engine
from waitroom.line import Line

log = structlog.get_logger(__name__)

SYNC_EVERY_S = 1.0
EXPIRE_EVERY_S = 60.0
DRAW_AGAIN_S = 0.05  # after an opening, until the lobby is complete
# The admitter serves a room for an hour after its end; then Redis keeps it for a week.
RETIRE_AFTER = timedelta(hours=1)
KEEP_S = 7 * 24 * 3600


class RoomSync:
    """Syncs all rooms, and marks expired coupons, over one connection."""

    def __init__(self, engine: Engine, line: Line, stores: Mapping[RoomKind, RoomStore]) -> None:
        self._engine = engine
        self._line = line
        self._stores = stores
        # Other users of the engine's one connection wait for their turn.
        self.connection = asyncio.Lock()

    async def run_once(self) -> float:
        """Sync all rooms once; returns the seconds to the next run. Raises OfficeError, LineError.

        Any other error of one room is raised after all rooms are done.
        """
        async with self.connection:
            rooms = EachRoom()
            # First, so that the same run brings the new rates to the line.
            await asyncio.to_thread(apply_due_steps, self._engine)
            listed = [room for one in self._stores.values() for room in await one.list_rooms()]
            found = [room for room in listed if room.has_line]
            await self._apply_all(found, rooms)
            rest_s = await self._draw(found, rooms)
        rooms.raise_first()
        return rest_s

    async def expire_coupons(self) -> float:
        """Mark expired coupons; returns the seconds to the next run. Raises OfficeAway."""
        async with self.connection:
            await asyncio.to_thread(expire_stale, self._engine)
        return EXPIRE_EVERY_S

    async def _draw(self, found: Sequence[Room], rooms: EachRoom) -> float:
        """Draw lobbies that have just opened; their rooms admit nobody before.

        Returns the seconds until the next draw may be due.
        """
        rest_s = SYNC_EVERY_S
        for room in found:
            if room.settings.opening != "draw" or room.drawn is not None:
                continue
            again_s = await rooms.attempt(room.code, self._draw_one(room))
            rest_s = min(rest_s, again_s or SYNC_EVERY_S)
        return rest_s

    async def _draw_one(self, room: Room) -> float:
        """Draw the lobby if it is due; returns the seconds until the next attempt."""
        code, now = room.code, await self._line.measure_clock()
        opens_in_s = (room.opens_at - now).total_seconds()
        members = await self._line.lobby(code) if opens_in_s <= 0 else None
        if members is None:
            # Long after the opening the line is restoring, which takes time anyway.
            soon = opens_in_s > -SYNC_EVERY_S
            return max(opens_in_s, DRAW_AGAIN_S) if soon else SYNC_EVERY_S
        drawn = await self._stores[room.kind].save_draw(code, members, now)
        log.info("lobby drawn", room=code, entrants=len(members))
        await self._line.apply_settings(drawn)
        return SYNC_EVERY_S

    async def _retire(self, room: Room) -> None:
        """Retire the line, and delete what could restore it."""
        if await self._line.retire(room.code, keep_s=KEEP_S):
            await self._stores[room.kind].forget_line(room)

    async def _apply_all(self, found: Sequence[Room], rooms: EachRoom) -> None:
        """Apply all rooms' settings, so that a line that lost or missed them gets them."""
        now = await self._line.measure_clock()
        served = []
        for room in found:
            if now < room.closes_at + RETIRE_AFTER:
                await rooms.attempt(room.code, self._line.apply_settings(room))
                served.append(room)
            else:
                await rooms.attempt(room.code, self._retire(room))
        # Recovery can take long, so first serve all rooms again.
        for room in served:
            await rooms.attempt(room.code, self._recover(room))

    async def _recover(self, room: Room) -> None:
        await recover_line(self._line, self._engine, room, self._stores[room.kind])
