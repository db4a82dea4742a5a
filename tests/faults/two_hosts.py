"""Two hosts: a world in which each of two hosts has its own processes and links to the stores."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from load.bench.process_usage import family
from processes.child_process import free_port
from tests.faults.balancer import Balancer
from tests.faults.host_plan import HOSTS
from tests.faults.link import Link, Mode
from tests.faults.schedule import WORKERS, Fault, Plan
from tests.faults.servers import through
from tests.faults.world import WEB_DB_CONNECTIONS, World

# Both hosts see the stores in turn, each for so long.
TURNS_S = (0.5, 1.0, 2.5)
# A cut network passes nothing on, or resets.
CUTS: tuple[Mode, ...] = ("hang", "reset")
# What a lone admitter can't reach.
UNREACHABLE = (("redis",), ("postgres",), ("redis", "postgres"))


@dataclass(frozen=True)
class Host:
    """links: to the stores, by the store's name. admitter_links: the admitter's own."""

    name: str
    port: int
    links: dict[str, Link]
    admitter_links: dict[str, Link]

    @property
    def commands(self) -> list[str]:
        return [f"{kind} {self.name}" for kind in ("web", "admitter", "worker")]

    @property
    def all_links(self) -> list[Link]:
        return [*self.links.values(), *self.admitter_links.values()]


class TwoHosts(World):
    """Members reach the hosts through a load balancer on the house's port."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder, plan)
        self.hosts = [self._make_host(name) for name in HOSTS]
        self._names = {
            kind: [f"{kind} {host.name}" for host in self.hosts]
            for kind in ("web", "admitter", "worker")
        }
        self._by_name = {host.name: host for host in self.hosts}
        self._closing = ExitStack()

    async def close(self) -> None:
        self._closing.close()
        await super().close()

    def _make_host(self, name: str) -> Host:
        return Host(name, free_port(), self._make_links(), self._make_links())

    def _make_links(self) -> dict[str, Link]:
        return {
            "redis": Link(free_port(), lambda: self.valkey.port),
            "postgres": Link(free_port(), lambda: self.postgres.port),
        }

    @property
    def connections_bound(self) -> int:
        return len(self.hosts) * (WEB_DB_CONNECTIONS + 2) + WORKERS

    @property
    def links(self) -> list[Link]:
        return [*super().links, *(link for host in self.hosts for link in host.all_links)]

    async def start(self) -> None:
        """As a world does, and wait until both hosts serve."""
        await super().start()
        await self.until(self._balancer.are_all_up, within_s=60)

    async def _start_commands(self) -> None:
        await super()._start_commands()
        self._balancer = Balancer(self.house.port, [host.port for host in self.hosts])
        self._closing.callback(self._balancer.close)
        await self._balancer.open()

    def _port_of(self, name: str) -> int:
        return self._host_of(name).port

    def _host_of(self, name: str) -> Host:
        return self._by_name[name.split()[1]]

    def _environ_of(self, name: str) -> dict[str, str]:
        host = self._host_of(name)
        links = host.admitter_links if name.startswith("admitter") else host.links
        urls = {
            "DATABASE_URL": through(self.postgres.url, links["postgres"].port),
            "REDIS_URL": through(self.valkey.url, links["redis"].port),
        }
        return super()._environ_of(name) | urls

    async def apply(self, fault: Fault) -> None:
        """Apply the fault to one host, and note in `effects` what it stopped."""
        host = self.hosts[fault.which % len(self.hosts)]
        which = fault.which // len(self.hosts)
        if fault.kind == "stop":
            effect = await self._stop_host(host, fault.length_s)
        elif fault.kind == "kill":
            effect = await self._kill_host(host, fault)
        elif fault.kind == "cut off":
            links = host.all_links
            effect = await self._cut(links, CUTS[which % len(CUTS)], fault.length_s)
        elif fault.kind == "split brain":
            effect = await self._take_turns(TURNS_S[which % len(TURNS_S)], fault.length_s)
        else:
            stores = UNREACHABLE[which % len(UNREACHABLE)]
            links = [host.admitter_links[store] for store in stores]
            effect = await self._cut(links, "hang", fault.length_s)
        self.effects[f"host {host.name}: {fault.kind}"] = effect

    async def _stop_host(self, host: Host, length_s: float) -> int:
        commands = [self._running[name] for name in host.commands]
        stops = [self._stop_for(partial(family, one.pid), one.pid, length_s) for one in commands]
        counted = self._count_stopped([one.pid for one in commands], length_s / 2)
        stopped, *_ = await asyncio.gather(counted, *stops)
        return stopped

    async def _count_stopped(self, commands: Sequence[int], after_s: float) -> int:
        """The number of processes; 0 if one of them runs."""
        await asyncio.sleep(after_s)
        states = [_state(pid) for command in commands for pid in family(command)]
        return len(states) if set(states) == {"T"} else 0

    async def _kill_host(self, host: Host, fault: Fault) -> int:
        """Kill all processes at the same time; all start again after the fault's length."""
        pids = [pid for name in host.commands for pid in family(self._running[name].pid)]
        killing = asyncio.gather(*(self._break_command(name, fault) for name in host.commands))
        await asyncio.sleep(fault.length_s / 2)
        gone = sum(_state(pid) in ("", "Z") for pid in pids)
        await killing
        return gone if gone == len(pids) else 0

    async def _cut(self, links: Sequence[Link], mode: Mode, length_s: float) -> int:
        """Cut these links for a while. Returns how many calls failed or had to wait."""
        before = sum(link.failed for link in links)
        for link in links:
            await link.break_(mode)
        await asyncio.sleep(length_s)
        for link in links:
            await link.mend()
        return sum(link.failed for link in links) - before

    async def _take_turns(self, turn_s: float, length_s: float) -> int:
        """While one host reaches the stores the other does not. Returns the lesser effect."""
        effects = [0, 0]
        until_s = asyncio.get_running_loop().time() + length_s
        while asyncio.get_running_loop().time() < until_s:
            for number, host in enumerate(self.hosts):
                effects[number] += await self._cut(host.all_links, "hang", turn_s)
        return min(effects)


def _state(pid: int) -> str:
    """As in `ps` (T: stopped, Z: ended); "" where there is no such process. Linux."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""
