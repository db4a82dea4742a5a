"""Balancer: a TCP load balancer in front of several hosts, with health checks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count

from tests.faults.link import Link

CHECK_EVERY_S = 0.5
# A host that answers no check within this time has failed it.
ANSWER_WITHIN_S = 1.0
# So many failed checks take a host out, as in deploy/; one good check takes it back.
FALL = 2
_REQUEST = b"GET /livez/line HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Balancer:
    """Gives new connections to the hosts that answer `/livez/line` with 200, in turn.

    It resets the open connections to a host that it takes out. While no host answers, it goes on
    with all of them. hosts: their ports.
    """

    def __init__(self, port: int, hosts: Sequence[int]) -> None:
        self._hosts = hosts
        # Failed checks in a row; at first no host has passed one.
        self._failed = dict.fromkeys(hosts, FALL)
        self._turns = count()
        self._link = Link(port, self._next)
        self._checking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self._link.open()
        self._checking = asyncio.create_task(self._check_forever())

    def are_all_up(self) -> bool:
        return all(failed < FALL for failed in self._failed.values())

    def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        self._link.close()

    def _next(self) -> int:
        up = [port for port in self._hosts if self._failed[port] < FALL] or self._hosts
        return up[next(self._turns) % len(up)]

    async def _check_forever(self) -> None:
        while True:
            await asyncio.gather(*(self._check(port) for port in self._hosts))
            await asyncio.sleep(CHECK_EVERY_S)

    async def _check(self, port: int) -> None:
        if await _is_healthy(port):
            self._failed[port] = 0
            return
        self._failed[port] += 1
        if self._failed[port] == FALL:
            self._link.cut_to(port)


async def _is_healthy(port: int) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(_REQUEST)
                return (await reader.readline()).split()[1:2] == [b"200"]
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False
