"""One simulated member: enters, asks for their place when told to, until it is final."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import aiohttp

Final = Literal["issued", "refused", "failed"]

# Refusals that a member believes and goes home with; anything else undocumented is a failure.
REFUSALS = ("sold_out", "closed", "not_open_yet")
TRY_AGAIN = ("room_full", "unavailable", "too_many_requests")
CLICKS = 5


@dataclass(slots=True)
class Timings:
    """Seconds that requests took, of the whole crowd."""

    enter: list[float] = field(default_factory=list)
    place: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Seen:
    """What one member was told. arrived_at: as the line wrote it down; None without a place.

    set_out_at: by our monotonic clock; told_after_s: from then. turned_back: answers that said to
    try again. way_retries: how often the way to issue tried again for them, as the server said.
    """

    member_id: str
    final: Final = "failed"
    arrived_at: datetime | None = None
    coupon_ids: set[str] = field(default_factory=set)
    refusal: str | None = None
    waited: bool = False
    place_rose: int = 0
    set_out_at: float = 0.0
    told_after_s: float = 0.0
    turned_back: int = 0
    way_retries: int = 0
    error: str | None = None


class Simulated:
    """A member with a token, who takes one of `connections` for each request."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        connections: asyncio.Semaphore,
        code: str,
        member_id: str,
        token: str,
        timings: Timings,
        attempts_max: int,
    ) -> None:
        self._http = http
        self._connections = connections
        self._code = code
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timings = timings
        self._attempts_max = attempts_max
        self._ahead: int | None = None
        self.seen = Seen(member_id)

    async def live(self, *, direct: bool, double_click: bool, give_up_at: float) -> Seen:
        """Their whole life; never raises for what a server may do."""
        self.seen.set_out_at = began = time.monotonic()
        try:
            await asyncio.wait_for(self._try_to_get_one(direct, double_click), give_up_at - began)
        except TimeoutError:
            self.seen.error = "gave up: no final answer in time"
        except aiohttp.ClientError as error:
            self.seen.error = f"{type(error).__name__}: {error}"
        self.seen.told_after_s = time.monotonic() - began
        return self.seen

    async def _try_to_get_one(self, direct: bool, double_click: bool) -> None:
        knock = self._issue if direct else self._enter
        answers = await asyncio.gather(*(knock() for _ in range(CLICKS if double_click else 1)))
        waits = [wait_s for wait_s in answers if wait_s is not None]
        if self.seen.final == "failed" and waits and self.seen.error is None:
            await self._wait(min(waits))

    async def _enter(self) -> float | None:
        path = f"/api/rooms/{self._code}/enter"
        return self._understand(await self._ask("POST", path, self._timings.enter))

    async def _issue(self) -> float | None:
        path = f"/api/coupons/{self._code}/issue"
        status, body = await self._ask("POST", path, self._timings.enter)
        if status in (200, 201):
            self.seen.final = "issued"
            self.seen.coupon_ids.add(body["id"])
            return None
        return self._understand((status, body))

    async def _wait(self, wait_s: float | None) -> None:
        while wait_s is not None:
            self.seen.waited = True
            await asyncio.sleep(wait_s)
            path = f"/api/rooms/{self._code}/place"
            before = self._ahead
            wait_s = self._understand(await self._ask("GET", path, self._timings.place))
            if before is not None and self._ahead is not None and self._ahead > before:
                self.seen.place_rose += 1

    def _understand(self, answer: tuple[int, dict[str, Any]]) -> float | None:
        """Note what was said; seconds until asking again, or None where it is final."""
        status, body = answer
        if status in (200, 202):
            self._ahead = body["ahead"]
            if body["arrived_at"]:
                self.seen.arrived_at = datetime.fromisoformat(body["arrived_at"])
            if body["state"] == "issued":
                self.seen.final = "issued"
                self.seen.coupon_ids.add(body["issued_coupon"]["id"])
                return None
            if body["state"] == "refused":
                self._refused(body["refusal"]["type"])
                return None
            return float(body["ask_again_s"])
        if body.get("type") in REFUSALS:
            self._refused(body["type"])
            return None
        self.seen.error = f"{status} {body.get('type')}: {body.get('detail')}"
        return None

    def _refused(self, slug: str) -> None:
        if self.seen.final != "issued":
            self.seen.final, self.seen.refusal = "refused", slug

    async def _ask(
        self, method: str, path: str, timings: list[float]
    ) -> tuple[int, dict[str, Any]]:
        """One request, tried again while the answer says to."""
        for attempt in range(self._attempts_max):
            async with self._connections:
                # Not before: waiting for one of our own connections is no slowness of the server.
                began = time.perf_counter()
                async with self._http.request(method, path, headers=self._headers) as response:
                    body = await response.json(content_type=None)
                    timings.append(time.perf_counter() - began)
                    self.seen.way_retries += int(response.headers.get("Waitroom-Retries", 0))
            if body.get("type") not in TRY_AGAIN:
                break
            self.seen.turned_back += 1
            if attempt == self._attempts_max - 1:
                break
            await asyncio.sleep(body.get("retry_after_s") or 1)
        return response.status, body
