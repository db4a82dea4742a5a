"""Probes: members who enter, an admin and health checks, measured while a route is flooded."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from load.bench.tokens import tokens
from tests.patron import Failed, KeptConnection, Tally
from tests.route_flood.target import FORWARDED_FOR, Target
from waitroom.line import open_line

ENTER_PER_S = 100.0
TOKENS_AT_ONCE = 2_000
CHANGE_EVERY_S = 1.0
LOOK_EVERY_S = 0.01
IN_FORCE_WITHIN_S = 5.0
CHECK_EVERY_S = 0.25
HEALTH = ("/healthz", "/readyz")
HEALTH_ADDRESS = "192.0.2.200"


@dataclass(slots=True)
class Felt:
    """The probes' results: seconds to enter and to apply a change, health statuses, errors."""

    enter_s: list[float] = field(default_factory=list)
    change_s: list[float] = field(default_factory=list)
    health: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def health_failed(self) -> int:
        return sum(status != 200 for status in self.health)


class Entrants:
    """New members who enter the line at a steady rate, each from an address of its own.

    Times count from when a member was due, so that a stalled server shows (coordinated omission).
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._members = self._made()
        self._idle: list[KeptConnection] = []

    def _made(self) -> Iterator[tuple[str, str]]:
        secret = self._target.stack.environ["MEMBER_TOKEN_SECRETS"]
        for start in itertools.count(0, TOKENS_AT_ONCE):
            numbers = range(start, start + TOKENS_AT_ONCE)
            made = tokens(secret, [f"entrant-{number}" for number in numbers])
            for number, token in zip(numbers, made, strict=True):
                yield token, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    async def enter_for(self, seconds: float, felt: Felt) -> None:
        # Signed now, and not while times are taken.
        members = list(itertools.islice(self._members, math.ceil(seconds * ENTER_PER_S)))
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, (token, address) in enumerate(members):
                due = began + number / ENTER_PER_S
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self._enter(token, address, due, felt))

    async def _enter(self, token: str, address: str, due: float, felt: Felt) -> None:
        connection = (
            self._idle.pop() if self._idle else KeptConnection(self._target.stack.port, Tally())
        )
        headers = {"Authorization": f"Bearer {token}", FORWARDED_FOR: address}
        path = f"/api/rooms/{self._target.line}/enter"
        try:
            head, _ = await connection.answer("POST", path, headers)
        except Failed as error:
            felt.wrong.append(str(error))
            return
        felt.enter_s.append(time.monotonic() - due)
        if head.status != 202:
            felt.wrong.append(f"entering: {head.status}")
        self._idle.append(connection)


class Admin:
    """Changes the room's rate by the API, and measures until the line has it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = KeptConnection(target.stack.port, Tally())
        self._rates = itertools.cycle(range(10, 50))

    async def change_for(self, seconds: float, address: str, felt: Felt) -> None:
        """Make a change every CHANGE_EVERY_S. address: of the admin, shared with the flood."""
        line = open_line(self._target.stack.environ["REDIS_URL"], connections_max=1)
        try:
            async for _ in _every(CHANGE_EVERY_S, seconds):
                try:
                    felt.change_s.append(await self._change(line, address))
                except Failed as error:
                    felt.wrong.append(f"the admin's change: {error}")
        finally:
            await line.aclose()

    async def _change(self, line: Any, address: str) -> float:
        """Seconds until the line has it. Raises Failed."""
        rate, began, code = float(next(self._rates)), time.monotonic(), self._target.line
        headers = {"Content-Type": "application/json", FORWARDED_FOR: address}
        head, body = await self._connection.answer(
            "PATCH",
            f"/api/admin/rooms/{code}",
            {**headers, **self._target.admin},
            json.dumps({"rate_per_s": rate}).encode(),
        )
        if head.status != 200:
            raise Failed(f"{head.status} {body[:100].decode()}")
        while (await line.room_stats(code)).rate_per_s != rate:
            if time.monotonic() > began + IN_FORCE_WITHIN_S:
                raise Failed(f"not in force after {IN_FORCE_WITHIN_S} s")
            await asyncio.sleep(LOOK_EVERY_S)
        return time.monotonic() - began


class HealthChecks:
    """Requests the health routes as an orchestrator does, from an address of its own."""

    def __init__(self, target: Target) -> None:
        self._connection = KeptConnection(target.stack.port, Tally())

    async def check_for(self, seconds: float, felt: Felt) -> None:
        async for _ in _every(CHECK_EVERY_S, seconds):
            for path in HEALTH:
                try:
                    head, _ = await self._connection.answer(
                        "GET", path, {FORWARDED_FOR: HEALTH_ADDRESS}
                    )
                    felt.health.append(head.status)
                except Failed as error:
                    felt.health.append(0)
                    felt.wrong.append(str(error))


async def _every(seconds: float, within_s: float) -> Any:
    """Yields now and then every `seconds`, for `within_s`."""
    until = time.monotonic() + within_s
    while (now := time.monotonic()) < until:
        yield
        await asyncio.sleep(max(0.0, min(now + seconds, until) - time.monotonic()))


def p99(seconds: list[float]) -> float:
    """The 99th percentile; infinite without values, since then no member got in."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else float("inf")
