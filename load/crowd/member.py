"""SimulatedMember: enters, and polls their place at the given intervals until it is final."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from types import MappingProxyType
from typing import Any

import aiohttp

from domain.refusals import ChallengeRequired
from load.crowd.observations import CLICKS, TRY_AGAIN, Observations, Timings
from waitroom.tokens.challenge import solve


@cache
def _solvers() -> ProcessPoolExecutor:
    """One process a core, started at the first challenge."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


class SimulatedMember:
    """A member, identified by `headers`. Each request takes one of `connections`.

    Like a browser, it sends its ticket with each request, which restores its place in a lost line.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        connections: asyncio.Semaphore,
        code: str,
        member_id: str,
        headers: dict[str, str],
        timings: Timings,
        attempts_max: int,
    ) -> None:
        self._http = http
        self._connections = connections
        self._code = code
        self._headers = headers
        self._ticket: str | None = None
        self._timings = timings
        self._attempts_max = attempts_max
        self.seen = Observations(member_id)

    async def live(self, *, direct: bool, double_click: bool, give_up_at: float) -> Observations:
        """Try to get a coupon until `give_up_at`; errors of the server are recorded, not raised."""
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
        click = self._issue if direct else self._enter
        answers = await asyncio.gather(*(click() for _ in range(CLICKS if double_click else 1)))
        waits = [wait_s for wait_s in answers if wait_s is not None]
        if self.seen.final == "failed" and waits and self.seen.error is None:
            await self._wait(min(waits))

    async def _enter(self) -> float | None:
        path = f"/api/rooms/{self._code}/enter"
        status, body = await self._ask("POST", path, self._timings.enter)
        if body.get("type") == ChallengeRequired.slug:
            solution = {"Waitroom-Solution": await self._solution(body["challenge"])}
            status, body = await self._ask("POST", path, self._timings.enter, solution)
        self._ticket = body.get("ticket") or self._ticket
        return self.seen.note(status, body)

    async def _solution(self, path: str) -> str:
        """Solve it in another process: the event loop serves other members meanwhile."""
        _, challenge = await self._ask("GET", path, [])
        return await asyncio.get_running_loop().run_in_executor(_solvers(), solve, challenge)

    async def _issue(self) -> float | None:
        path = f"/api/coupons/{self._code}/issue"
        status, body = await self._ask("POST", path, self._timings.enter)
        if status in (200, 201):
            self.seen.issued(body["id"])
            return None
        return self.seen.note(status, body)

    async def _wait(self, wait_s: float | None) -> None:
        while wait_s is not None:
            self.seen.waited = True
            await asyncio.sleep(wait_s)
            path = f"/api/rooms/{self._code}/place"
            status, body = await self._ask("GET", path, self._timings.place)
            self._ticket = body.get("ticket") or self._ticket
            wait_s = self.seen.note_next(status, body)

    def _identity(self) -> dict[str, str]:
        """The headers with their token and, once they have one, their ticket."""
        return self._headers | ({"Waitroom-Ticket": self._ticket} if self._ticket else {})

    async def _ask(
        self,
        method: str,
        path: str,
        timings: list[float],
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, dict[str, Any]]:
        """Send a request, and retry while the response asks to. more: headers."""
        headers = {**self._identity(), **more}
        for attempt in range(self._attempts_max):
            async with self._connections:
                # Start the clock here: waiting for one of our connections is not server time.
                began = time.perf_counter()
                async with self._http.request(method, path, headers=headers) as response:
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
