"""Crowd: members who wait while the release is replaced, with different kinds of credentials."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from load.crowd.observations import Observations
from tests.house import House
from tests.patron import Failed, Head, Patron, Tally, Unavailable

SIGN_IN_AGAIN = "was asked to sign in again"


@dataclass(slots=True)
class SeenThroughout(Observations):
    """arrivals: every arrival in an answer; a single one if the place was kept."""

    arrivals: set[datetime] = field(default_factory=set)

    def note(self, status: int, body: dict[str, Any]) -> float | None:
        # Not super(): a dataclass with slots is a new class, which super() does not know.
        wait_s = Observations.note(self, status, body)
        self.waited = self.waited or wait_s is not None
        if self.arrived_at is not None:
            self.arrivals.add(self.arrived_at)
        return wait_s


class TokenHolder(Patron):
    """Sends a member token with each request, as a shop's app does."""

    seen: SeenThroughout
    # A busy machine may take long for an answer, and for the upgrade.
    life_max_s = 3_600.0
    answer_within_s = 300.0

    def __init__(self, house: House, code: str, member_id: str, tally: Tally) -> None:
        super().__init__(house.port, code, member_id, house.identity.sign(member_id), tally)
        self.seen = SeenThroughout(member_id)
        self._token = self._headers["Authorization"].removeprefix("Bearer ")

    async def _ask(self, method: str, what: str) -> tuple[int, dict[str, Any]]:
        """Ask again where the line can't be reached, as the answer says."""
        while True:
            try:
                status, body = await super()._ask(method, what)
            except Unavailable as away:
                self._tally.put_off += 1
                await asyncio.sleep(away.retry_after_s)
                continue
            if status == 401:
                raise Failed(SIGN_IN_AGAIN)
            return status, body


class TicketHolder(TokenHolder):
    """Enters with a token, then polls with nothing but its ticket."""

    async def _ask(self, method: str, what: str) -> tuple[int, dict[str, Any]]:
        status, body = await super()._ask(method, what)
        if ticket := body.get("ticket"):
            self._headers = {"Waitroom-Ticket": ticket}
        return status, body


class Browser(TokenHolder):
    """Signs in once by the shop's link, and keeps its cookies."""

    def __init__(self, house: House, code: str, member_id: str, tally: Tally) -> None:
        super().__init__(house, code, member_id, tally)
        self._cookies: dict[str, str | None] = {}
        self._headers = {}

    async def _enter(self) -> float | None:
        await self._page("GET", f"/signin?token={self._token}&next=/coupons/{self._code}")
        head = await self._page("POST", f"/rooms/{self._code}/enter")
        if head.headers.get("location") == f"/rooms/{self._code}":
            return self.seen.note(*await self._ask("GET", "place"))
        # The page shows a refusal; the API names it.
        return self.seen.note(*await self._ask("POST", "enter"))

    async def _ask_again(self) -> float | None:
        await self._page("GET", f"/rooms/{self._code}")
        wait_s = await super()._ask_again()
        if wait_s is None and self.seen.final == "issued":
            await self._find_coupon()
        return wait_s

    async def _find_coupon(self) -> None:
        head, body = await self._connection.answer("GET", "/api/me/coupons", self._headers)
        if head.status == 401:
            raise Failed(SIGN_IN_AGAIN)
        if not self.seen.coupon_ids <= {one["id"] for one in json.loads(body)}:
            raise Failed("my coupons do not show the coupon")

    async def _page(self, method: str, path: str) -> Head:
        try:
            head, _ = await self._connection.answer(method, path, self._headers)
        except Unavailable as away:
            self._tally.put_off += 1
            await asyncio.sleep(away.retry_after_s)
            return await self._page(method, path)
        found = self._cookies | head.cookies
        self._cookies = {name: value for name, value in found.items() if value is not None}
        self._headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if head.headers.get("location", "").startswith("/signin"):
            raise Failed(SIGN_IN_AGAIN)
        if head.status == 401:
            raise Failed(SIGN_IN_AGAIN)
        return head


# The kinds of members in turn, and whether they follow by a stream.
KINDS: tuple[tuple[type[TokenHolder], bool], ...] = (
    (TokenHolder, False),
    (TokenHolder, True),
    (TicketHolder, False),
    (TicketHolder, True),
    (Browser, False),
)


class Crowd:
    """Members of one room, who arrive one after the other."""

    def __init__(self, house: House, code: str, tally: Tally) -> None:
        self._house = house
        self._code = code
        self._tally = tally
        self._tasks: list[asyncio.Task[Observations]] = []

    async def send(self, members: int, *, within_s: float) -> None:
        """Send so many more, at even intervals."""
        for _ in range(members):
            number = len(self._tasks)
            kind, follows = KINDS[number % len(KINDS)]
            member = kind(self._house, self._code, f"{self._code}-{number}", self._tally)
            self._tasks.append(asyncio.create_task(member.live(follows=follows)))
            await asyncio.sleep(within_s / members)

    async def told(self) -> list[SeenThroughout]:
        """The observations of all members, once all have their outcomes."""
        return [
            one for one in await asyncio.gather(*self._tasks) if isinstance(one, SeenThroughout)
        ]
