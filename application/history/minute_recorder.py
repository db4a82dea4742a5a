"""MinuteRecorder: stores in Postgres what the line counted in each minute of each room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from application.destinations.room_store import RoomStore
from application.each_room import EachRoom
from domain.room import Room, RoomKind
from domain.unix_time import from_us
from issuance.history.minutes import COUNTS, Minute, forget_minutes, save_minutes
from issuance.postgres.engine import Engine
from waitroom.line import Line
from waitroom.stats.time_series import SERIES_S_MAX, TimeSeries

MINUTE_S = 60
# Redis counts by its own clock, which this process reads a little later.
AFTER_MINUTE_S = 1.0
FORGET_EVERY = timedelta(hours=1)


class MinuteRecorder:
    """Any number may run concurrently: each minute of a room is stored once.

    Redis keeps a quarter of an hour, so an admitter that starts within that time misses nothing.
    """

    def __init__(
        self,
        engine: Engine,
        line: Line,
        stores: Mapping[RoomKind, RoomStore],
        connection: asyncio.Lock,
    ) -> None:
        """connection: held while Postgres is used, as RoomSync does."""
        self._engine = engine
        self._connection = connection
        self._line = line
        self._stores = stores
        # The end of the last minute stored, in seconds since 1970.
        self._stored_until_s: dict[UUID, int] = {}
        self._forget_at_s = 0.0

    async def run_once(self) -> float:
        """Store the minutes that have ended; returns the seconds to the next run.

        Raises OfficeError, LineError; any other error of one room once all rooms are done.
        """
        now_s = (await self._line.measure_clock()).timestamp()
        until_s = int(now_s) // MINUTE_S * MINUTE_S
        served, rooms = set(await self._line.codes()), EachRoom()
        async with self._connection:
            listed = [room for one in self._stores.values() for room in await one.list_rooms()]
        found: dict[UUID, list[Minute]] = {}
        for room in listed:
            if room.code in served:
                read = await rooms.attempt(room.code, self._read(room, until_s))
                found[room.id] = read or []
        async with self._connection:
            await asyncio.to_thread(save_minutes, self._engine, found)
            if now_s >= self._forget_at_s:
                await asyncio.to_thread(forget_minutes, self._engine, from_us(until_s * 1_000_000))
                self._forget_at_s = now_s + FORGET_EVERY.total_seconds()
        self._stored_until_s = dict.fromkeys(found, until_s)
        rooms.raise_first()
        return MINUTE_S - now_s % MINUTE_S + AFTER_MINUTE_S

    async def _read(self, room: Room, until_s: int) -> list[Minute]:
        """The room's whole minutes before `until_s` that are not stored yet."""
        since_s = self._stored_until_s.get(room.id, 0)
        # Redis may be within the next minute by now.
        seconds = min(SERIES_S_MAX, until_s - since_s + MINUTE_S)
        series = await self._line.series(room.code, seconds)
        return [
            one for one in whole_minutes(series, until_s) if one.begins_at.timestamp() >= since_s
        ]


def whole_minutes(series: TimeSeries, until_s: int) -> Iterator[Minute]:
    """Sum each whole minute of the series that ends by `until_s`, the oldest first."""
    first_s = -(-series.begins_at_s // MINUTE_S) * MINUTE_S
    for begins_s in range(first_s, until_s - MINUTE_S + 1, MINUTE_S):
        at = begins_s - series.begins_at_s
        seconds = slice(at, at + MINUTE_S)
        waiting = [count for count in series.waiting[seconds] if count is not None]
        yield Minute(
            begins_at=from_us(begins_s * 1_000_000),
            waiting_max=max(waiting, default=None),
            waiting=waiting[-1] if waiting else None,
            counts={name: sum(getattr(series, name)[seconds]) for name in COUNTS},
        )
