"""One simulated member: enters, asks for their place when told to, until it is final."""

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
    """A process a core, started when somebody meets a challenge first."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


class SimulatedMember:
    """A member, whom `headers` name, and who takes one of `connections` for each request.

    Asks with the ticket they were given, as a browser does: should the line be lost, it brings them
    back.
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
        status, body = await self._ask("POST", path, self._timings.enter)
        if body.get("type") == ChallengeRequired.slug:
            solution = {"Waitroom-Solution": await self._solution(body["challenge"])}
            status, body = await self._ask("POST", path, self._timings.enter, solution)
        self._ticket = body.get("ticket") or self._ticket
        return self.seen.note(status, body)

    async def _solution(self, path: str) -> str:
        """Found by a process beside us: our own has others to speak for meanwhile."""
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

    def _said(self) -> dict[str, str]:
        """Who they are, by token and, once they have one, by ticket."""
        return self._headers | ({"Waitroom-Ticket": self._ticket} if self._ticket else {})

    async def _ask(
        self,
        method: str,
        path: str,
        timings: list[float],
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, dict[str, Any]]:
        """One request, tried again while the answer says to. more: headers."""
        headers = {**self._said(), **more}
        for attempt in range(self._attempts_max):
            async with self._connections:
                # Not before: waiting for one of our own connections is no slowness of the server.
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
