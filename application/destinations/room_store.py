"""RoomStore: the rooms of one kind as Postgres has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.room import Room, RoomKind


class RoomStore(Protocol):
    """What RoomSync needs of one kind of room. Each method raises OfficeError."""

    @property
    def kind(self) -> RoomKind:
        """The kind of these rooms."""

    async def list_rooms(self) -> Sequence[Room]:
        """All rooms of this kind, by opening time."""

    async def save_draw(self, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
        """Store the members of a lobby in the order drawn, once; returns the room with its draw."""

    async def report_again(self, code: str) -> int:
        """Report all outcomes to a line that lost them; returns how many. Raises LineAway."""

    async def forget_line(self, room: Room) -> None:
        """Delete what only a line in service needs."""
