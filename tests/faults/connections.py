"""Connections: samples our connections to Postgres, with the process that holds each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from load.bench.process_usage import family
from tests.faults.link import Link

SAMPLE_EVERY_S = 0.25
# The state of an open connection in /proc/net/tcp (Linux, "proc_net_tcp").
_ESTABLISHED = "01"
NET = Path("/proc/net/tcp")
_LIST = (
    "SELECT pid, application_name, client_port, coalesce(state, ''), coalesce(wait_event, ''),"
    " extract(epoch FROM clock_timestamp() - backend_start)::float8,"
    " extract(epoch FROM clock_timestamp() - state_change)::float8, left(query, 40)"
    " FROM pg_stat_activity WHERE application_name LIKE 'waitroom %' ORDER BY backend_start"
)


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """One of our connections, as pg_stat_activity shows it.

    port: of the client. age_s, state_s: seconds since it was opened, and since `state` began.
    """

    pid: int
    name: str
    port: int
    state: str
    wait: str
    age_s: float
    state_s: float
    query: str

    def __str__(self) -> str:
        return (
            f"{self.name}, open for {self.age_s:.1f} s, {self.state} for {self.state_s:.1f} s"
            f" ({self.wait}; {self.query!r}), backend {self.pid}"
        )


class ConnectionSampler:
    """Samples our connections while Postgres is up.

    counts: how many there were in each sample. listed: for each sample above the bound, by its
    index in `counts`, a line about each connection, the oldest first.
    """

    def __init__(self, bound: int, link: Link, commands: Callable[[], Mapping[str, int]]) -> None:
        self.counts: list[int] = []
        self.listed: dict[int, list[str]] = {}
        self._bound = bound
        self._link = link
        self._commands = commands

    async def run(self, url: Callable[[], str]) -> None:
        """Sample until cancelled. url: of the server itself, not of the link."""
        while True:
            with suppress(psycopg.Error, TimeoutError, OSError):
                async with await psycopg.AsyncConnection.connect(
                    url(), autocommit=True, connect_timeout=2
                ) as connection:
                    while True:
                        async with asyncio.timeout(1.0):
                            rows = await (await connection.execute(_LIST)).fetchall()
                        await self._note([OpenConnection(*row) for row in rows])
                        await asyncio.sleep(SAMPLE_EVERY_S)
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _note(self, found: list[OpenConnection]) -> None:
        self.counts.append(len(found))
        if len(found) > self._bound:
            ports, commands = client_ports(self._link), self._commands()
            held = await asyncio.to_thread(holders, self._link.port, commands)
            self.listed[len(self.counts) - 1] = [
                f"{one}, held by {held.get(ports.get(one.port, one.port), 'no process')}"
                for one in found
            ]


def client_ports(link: Link) -> dict[int, int]:
    """For each open connection from the link to the server, by its port: the client's port."""
    ports = {}
    for end in link.ends:
        if end.peer is None or end.transport.is_closing() or end.peer.transport.is_closing():
            continue
        client, own = _ports(end.transport)
        if own == link.port:
            ports[_ports(end.peer.transport)[1]] = client
    return ports


def _ports(transport: asyncio.Transport) -> tuple[int, int]:
    """The peer's port and ours."""
    peer: Any = transport.get_extra_info("peername")
    own: Any = transport.get_extra_info("sockname")
    return peer[1], own[1]


def holders(port: int, commands: Mapping[str, int]) -> dict[int, str]:
    """Who holds the open connections to this port of 127.0.0.1, by the client's port.

    Only of our descendants. commands: their names. Empty where there is no /proc.
    """
    inodes = _inodes(port)
    names = {pid: name for name, pid in commands.items()}
    found = {}
    for pid in family(os.getpid()):
        for inode in _sockets(pid) & inodes.keys():
            found[inodes[inode]] = f"{_name(pid, names)} ({pid})"
    return found


def _inodes(port: int) -> dict[str, int]:
    """The client's port of each open connection to this port, by the socket's inode."""
    try:
        lines = NET.read_text().splitlines()[1:]
    except OSError:
        return {}
    found = {}
    for line in lines:
        _, own, peer, state, *rest = line.split()
        if state == _ESTABLISHED and int(peer.split(":")[1], 16) == port:
            found[rest[5]] = int(own.split(":")[1], 16)
    return found


def _sockets(pid: int) -> set[str]:
    """The inodes of the sockets that this process has open."""
    found = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(entry.readlink()).partition(":")
                if kind == "socket":
                    found.add(inode.strip("[]"))
    return found


def _name(pid: int, names: Mapping[int, str]) -> str:
    """The command's name, also for its child processes."""
    with suppress(OSError, IndexError, ValueError):
        while pid > 1:
            if pid in names:
                return names[pid]
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return "an ended command"
