"""Two hosts: one is stopped, cut off or killed, and every promise is kept."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from processes.child_process import free_port
from tests.faults import balancer
from tests.faults.balancer import Balancer
from tests.faults.host_plan import CHANGES, HOSTS, KINDS, LENGTHS_S, clock_names
from tests.faults.modes import plan_of
from tests.faults.run import story_of
from tests.house import ROOT
from tests.tcp_server import tcp_server

# A host that is cut off; and both, which see the stores in turn.
SEEDS = (1, 3)
WITHIN_S = 200  # on a busy machine
SOON_S = 20.0


def test_one_of_two_hosts_fails_and_every_promise_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    argv = [sys.executable, "-m", "tests.faults", "--hosts-briefly", "--json", str(path)]
    argv += ["--seeds", ",".join(map(str, SEEDS)), "--at-once", str(len(SEEDS))]
    subprocess.run(argv, cwd=ROOT, env=os.environ, timeout=WITHIN_S, check=False)

    for result in json.loads(path.read_text()):
        assert not result["broken"], story_of(result)
        assert (result["issued"], result["told_yes"], result["refused"]) == (60, 60, 140)
        assert len(result["faults"]) == 1
        assert set(result["gaps"]) == {"enter", "issue"}


def test_twenty_seeds_have_each_fault_on_each_host_four_times() -> None:
    plans = [plan_of(seed, "hosts") for seed in range(1, 21)]
    faults = [fault for plan in plans for fault in plan.faults]

    assert Counter(fault.kind for fault in faults) == dict.fromkeys(KINDS, 4)
    assert {fault.which % len(HOSTS) for fault in faults} == {0, 1}
    for plan, fault in zip(plans, faults, strict=True):
        assert fault.length_s == LENGTHS_S[fault.kind]
        assert plan.healed_s > fault.ends_s
        assert {change.kind for change in plan.room.changes} <= set(CHANGES)
        assert list(plan.clocks) == clock_names()


class Web:
    """Answers each connection with its own name, and health checks with `status`."""

    def __init__(self) -> None:
        self.status = b"200"
        self._name = b""
        self._stack = AsyncExitStack()

    async def open(self, name: bytes) -> int:
        """Returns the port."""
        self._name = name
        return await self._stack.enter_async_context(tcp_server(self._answer))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"/livez/line" in await reader.readline():
            writer.write(b"HTTP/1.1 " + self.status + b" ?\r\n\r\n")
            writer.close()
        else:
            writer.write(self._name)

    async def close(self) -> None:
        await self._stack.aclose()


class Client(asyncio.Protocol):
    """A connection to the balancer. host: the name of the host that it leads to."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.host: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.is_cut = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(b"hello\n")

    def data_received(self, data: bytes) -> None:
        self.host.set_result(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_cut.set()


class Balanced:
    """A balancer in front of two hosts."""

    def __init__(self) -> None:
        self.first, self.second = Web(), Web()
        self.clients: list[Client] = []

    async def open(self) -> None:
        self._port = free_port()
        ports = [await self.first.open(b"1"), await self.second.open(b"2")]
        self.balancer = Balancer(self._port, ports)
        await self.balancer.open()
        await self.until_all_are_up()

    async def until_all_are_up(self) -> None:
        async with asyncio.timeout(SOON_S):
            while not self.balancer.are_all_up():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)

    async def connect(self, count: int) -> list[bytes]:
        """Open connections one after the other. Returns the hosts' names."""
        loop, hosts = asyncio.get_running_loop(), []
        for _ in range(count):
            _, client = await loop.create_connection(Client, "127.0.0.1", self._port)
            self.clients.append(client)
            hosts.append(await asyncio.wait_for(client.host, SOON_S))
        return hosts

    async def close(self) -> None:
        self.balancer.close()
        for client in self.clients:
            client.transport.abort()
            await client.is_cut.wait()
        await self.first.close()
        await self.second.close()


@pytest.fixture
async def balanced(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Balanced]:
    """Two hosts that are up."""
    monkeypatch.setattr(balancer, "CHECK_EVERY_S", 0.02)
    made = Balanced()
    await made.open()
    yield made
    await made.close()


async def test_new_connections_go_to_both_hosts_in_turn(balanced: Balanced) -> None:
    assert Counter(await balanced.connect(4)) == {b"1": 2, b"2": 2}


async def test_a_host_that_fails_its_checks_loses_its_connections(balanced: Balanced) -> None:
    hosts = await balanced.connect(2)
    of_first, of_second = (balanced.clients[hosts.index(name)] for name in (b"1", b"2"))

    balanced.first.status = b"503"
    await asyncio.wait_for(of_first.is_cut.wait(), SOON_S)
    meanwhile = set(await balanced.connect(4))
    balanced.first.status = b"200"
    await balanced.until_all_are_up()
    again = set(await balanced.connect(4))

    assert (meanwhile, again) == ({b"2"}, {b"1", b"2"})
    assert not of_second.is_cut.is_set()
