"""Crowd: visitors who wait, come or don't, and finish or stay until their time is up."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from waitroom.errors import LineError, NoSuchRoom, NotYourTurn
from waitroom.line import Line
from waitroom.visits.visit import Visit

NEAR = 100
OVER = frozenset(("finished", "ended", "revoked"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Shares of the visitors, and their times in s.

    misses: do not come when they are called; half of them come back. stays: never finish.
    inside_s: the others finish after this, at the latest. polls_s: between two polls.
    """

    misses: float = 0.2
    stays: float = 0.3
    inside_s: float = 1.0
    polls_s: float = 0.2


@dataclass(slots=True)
class Crowd:
    """Visitors of one room. Each tries again while the line can't be reached.

    missed: visitors who did not come. came: those who were inside at least once.
    """

    line: Line
    code: str
    random: Random
    habits: Habits = field(default_factory=Habits)
    missed: set[str] = field(default_factory=set)
    came: set[str] = field(default_factory=set)

    async def visit(self, member: str, stop: asyncio.Event) -> None:
        """Enter, wait, come, and leave; until that is done, or `stop` is set."""
        comes_at_first = self.random.random() >= self.habits.misses
        comes_back = self.random.random() < 0.5
        await self._try(self.line.enter, member, stop)
        while not stop.is_set():
            status = await self._try(self.line.place, member, stop)
            if status is None or status.kind in OVER:
                return
            if status.kind == "called" and (comes_at_first or member in self.missed):
                await self._go_inside(member, stop)
                return
            if status.kind == "missed":
                self.missed.add(member)
                if not comes_back:
                    return
                await self._try(self.line.enter, member, stop)
            elif status.kind == "absent":
                await self._try(self.line.enter, member, stop)
            # The server updates the waiting page more often near the front, too.
            every_s = self.habits.polls_s * (0.1 if status.ahead < NEAR else 1)
            await rest(every_s * (0.5 + self.random.random()), stop)

    async def revoke_some(self, stop: asyncio.Event, every_s: float) -> int:
        """Revoke a living visit now and then; returns how many."""
        revoked = 0
        while not stop.is_set():
            await rest(every_s, stop)
            with suppress(LineError):
                visits = await self.line.visits.list_visits(self.code, limit=1_000)
                living = [one for one in visits if one.is_inside]
                if living:
                    found = await self.line.visits.revoke(
                        self.code, self.random.choice(living).visit_id
                    )
                    revoked += found is not None and found.state == "revoked"
        return revoked

    async def _go_inside(self, member: str, stop: asyncio.Event) -> None:
        try:
            found: Visit | None = await self._try(self.line.visits.claim, member, stop)
        except NotYourTurn:
            return
        if found is None:
            return
        self.came.add(member)
        if self.random.random() < self.habits.stays:
            return
        await rest(self.habits.inside_s * self.random.random(), stop)
        await self._try(self.line.visits.finish, found.visit_id, stop)

    async def _try(self, call: object, argument: str, stop: asyncio.Event) -> object:
        """The call's answer; None where `stop` was set before the line could be reached."""
        while not stop.is_set():
            try:
                return await call(self.code, argument)  # type: ignore[operator]
            except (NotYourTurn, NoSuchRoom):
                raise
            except LineError:
                await rest(0.2, stop)
        return None


async def rest(seconds: float, stop: asyncio.Event) -> None:
    """Sleep for that long, or until `stop` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
