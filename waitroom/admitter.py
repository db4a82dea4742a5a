"""Admitter: one tick admits members of all rooms that lead to one destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.room import RoomKind
from waitroom.line import Line


@dataclass(frozen=True, slots=True)
class AdmissionStep:
    """What one step in one room did. taken: members who took a seat of the destination.

    may_move_soon: whether members wait only for the room's rate, or for a seat of a site.
    """

    taken: int
    may_move_soon: bool = False


class Destination(Protocol):
    """What the lines of one kind of room lead to, such as the coupon office."""

    @property
    def kind(self) -> RoomKind:
        """The rooms that lead here."""

    async def free_capacity(self) -> int:
        """How many members of all its rooms it can take now; 0 pauses these rooms."""

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        """Admit members from the head of this room's line, and take them."""


class Admitter:
    """Moves members from the lines of one kind of room to its destination.

    Any number may run concurrently. Each kind has an admitter of its own, so a destination that
    takes nobody, or fails, keeps no other kind waiting.
    """

    def __init__(
        self,
        line: Line,
        destination: Destination,
        *,
        rest_s: float = 0.05,
        idle_rest_s: float = 0.2,
    ) -> None:
        self._line = line
        self._destination = destination
        self._rest_s = rest_s
        self._idle_rest_s = idle_rest_s
        self._turn = 0

    async def tick(self) -> float:
        """Admit once in each room. Returns the seconds to rest before the next tick.

        Counts free seats before admitting.
        """
        seats = await self._destination.free_capacity()
        busy = False
        for code in self._in_turn(await self._line.codes(self._destination.kind)):
            if seats <= 0:
                break
            step = await self._destination.admit(code, seats)
            seats -= step.taken
            busy = busy or step.taken > 0 or step.may_move_soon
        return self._rest_s if busy else self._idle_rest_s

    def _in_turn(self, codes: list[str]) -> list[str]:
        """Rotate the rooms, so that no room takes all seats for ever."""
        self._turn += 1
        first = self._turn % max(1, len(codes))
        return codes[first:] + codes[:first]
