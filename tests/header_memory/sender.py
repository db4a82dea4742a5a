"""Sender: sends each of many requests once, on a few connections that are kept open."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

from tests.patron import KeptConnection, Tally

CONNECTIONS = 32


async def send_all(port: int, path: str, headers: Iterator[dict[str, str]]) -> Counter[int]:
    """How many answers had each status. Raises Failed."""
    statuses: Counter[int] = Counter()

    async def send() -> None:
        connection = KeptConnection(port, Tally())
        for some in headers:  # shared by all: each takes the next
            head, _ = await connection.answer("GET", path, some)
            statuses[head.status] += 1
        connection.hang_up()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(send())
    return statuses
