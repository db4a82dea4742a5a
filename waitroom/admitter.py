"""Admitter: one tick lets people through and hands them on; it returns how long to rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import structlog

from waitroom.line import Line

log = structlog.get_logger(__name__)


class Destination(Protocol):
    """Where the admitted go. The coupon office is one; a pass into somebody else's site another."""

    async def free_seats(self) -> int:
        """How many it can take now, whatever their room."""

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        """Take these people of one room, each with when they were admitted, by Redis' clock (us).

        May be called again with the same people.
        """


class Admitter:
    """Moves people from all rooms' lines to a destination. Any number may run side by side.

    lease_s: how long an admitted member may be without an outcome before they are fed again.
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
        """One round of all rooms. Returns seconds to rest before the next.

        Seats are counted before people are taken. A crash after `admit` leaves them filed under
        admitted; the rescue feeds them once their lease is over.
        """
        seats = await self._destination.free_seats()
        busy = False
        for code in self._in_turn(await self._line.codes()):
            if seats <= 0:
                break
            taken, more = await self._serve(code, seats)
            seats -= taken
            busy = busy or more
        return self._rest_s if busy else self._idle_rest_s

    def _in_turn(self, codes: list[str]) -> list[str]:
        """Another room comes first each time, so that none takes all the seats for ever."""
        self._turn += 1
        first = self._turn % max(1, len(codes))
        return codes[first:] + codes[:first]

    async def _serve(self, code: str, seats: int) -> tuple[int, bool]:
        overdue = await self._line.overdue(code, at_most=seats, lease_s=self._lease_s)
        if overdue:
            log.warning("fed again: no outcome in time", room=code, members=len(overdue))
            await self._destination.feed(code, overdue)
        admission = await self._line.admit(
            code, at_most=seats - len(overdue), lease_s=self._lease_s
        )
        if admission.members:
            await self._destination.feed(code, admission.by_member())
        taken = len(overdue) + len(admission.members)
        return taken, taken > 0 or admission.held_back_by == "rate"
