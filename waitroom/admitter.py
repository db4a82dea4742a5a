"""Admitter: one tick admits members of all rooms and feeds them to the destination."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import structlog

from waitroom.line import Line

log = structlog.get_logger(__name__)


class Destination(Protocol):
    """Where admitted members go, such as the coupon office."""

    async def free_capacity(self) -> int:
        """How many members of all rooms it can take now."""

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        """Take these members of one room, each with the time of admission by Redis' clock (us).

        Must be idempotent: an overdue member is enqueued again.
        """


class Admitter:
    """Moves members from all rooms' lines to a destination. Any number may run concurrently.

    lease_s: an admitted member without an outcome is enqueued again after this time.
    """

    def __init__(
        self,
        line: Line,
        destination: Destination,
        *,
        lease_s: float = 15.0,
        rest_s: float = 0.05,
        idle_rest_s: float = 0.2,
    ) -> None:
        self._line = line
        self._destination = destination
        self._lease_s = lease_s
        self._rest_s = rest_s
        self._idle_rest_s = idle_rest_s
        self._turn = 0

    async def tick(self) -> float:
        """Admit once in each room. Returns the seconds to rest before the next tick.

        Counts free seats before admitting. After a crash between `admit` and `feed` the members
        stay in `admitted`, and the next tick after their lease feeds them again.
        """
        seats = await self._destination.free_capacity()
        busy = False
        for code in self._in_turn(await self._line.codes()):
            if seats <= 0:
                break
            taken, more = await self._serve(code, seats)
            seats -= taken
            busy = busy or more
        return self._rest_s if busy else self._idle_rest_s

    def _in_turn(self, codes: list[str]) -> list[str]:
        """Rotate the rooms, so that no room takes all seats for ever."""
        self._turn += 1
        first = self._turn % max(1, len(codes))
        return codes[first:] + codes[:first]

    async def _serve(self, code: str, seats: int) -> tuple[int, bool]:
        overdue = await self._line.overdue(code, at_most=seats, lease_s=self._lease_s)
        if overdue:
            log.warning("enqueued again: no outcome in time", room=code, members=len(overdue))
            await self._destination.feed(code, overdue)
        admission = await self._line.admit(
            code, at_most=seats - len(overdue), lease_s=self._lease_s
        )
        if admission.members:
            await self._destination.feed(code, admission.by_member())
        taken = len(overdue) + len(admission.members)
        return taken, taken > 0 or admission.held_back_by == "rate"
