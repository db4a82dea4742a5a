"""World: starts the processes and servers of one run, and applies faults to them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from load.bench.process_usage import family
from processes.child_process import free_port, port_is_free
from processes.embedded import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from tests.faults.clocks import REDIS, Clocks
from tests.faults.link import Link
from tests.faults.pair import Pair
from tests.faults.power_cut import PowerCut
from tests.faults.schedule import WEB_PROCESSES, WORKERS, ClockStep, Fault, Plan
from tests.faults.servers import delete_all, start_postgres, start_server, through
from tests.faults.set_clock import ValkeyWithClock
from tests.faults.signals import kill_family, send
from tests.house import House
from tests.nursery import Child, Nursery

STOP_WITHIN_S = 15.0
LOOK_EVERY_S = 0.2
WEB_DB_CONNECTIONS = 4
HIT_WITHIN_S = 20.0  # a process may still restart after the last fault


class World:
    """Starts servers and links, then the product's commands; `close` ends all of them by pid.

    Create it in a process without threads that has called `import_commands`.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self._nursery = Nursery(forked=True)
        self.fell_over: list[str] = []
        self.effects: dict[str, int] = {}
        can_be_set = any(step.clock == REDIS for step in plan.steps)
        self.valkey = (ValkeyWithClock if can_be_set else EmbeddedValkey)(folder / "valkey")
        clock_s = plan.replica_clock_s
        self.pair = None if clock_s is None else Pair(self.valkey, folder / "replica", clock_s)
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.redis_link = Link(free_port(), lambda: self.valkey.port)
        self.postgres_link = Link(free_port(), lambda: self.postgres.port)
        self.clocks = Clocks(folder / "clocks", plan.clocks)
        self._folder = folder
        self._names = {
            "web": ["web"],
            "admitter": [f"admitter {number}" for number in range(plan.admitters)],
            "worker": [f"worker {number}" for number in range(WORKERS)],
        }
        self._running: dict[str, Child] = {}
        self._stopped: set[int] = set()
        self._one_at_a_time: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._power = PowerCut(self.valkey.folder)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def links(self) -> list[Link]:
        return [self.redis_link, self.postgres_link]

    @property
    def connections_bound(self) -> int:
        """The most connections to Postgres of all commands together."""
        return WEB_DB_CONNECTIONS + WORKERS + 2 * self.plan.admitters

    async def start(self) -> None:
        """Raises EmbeddedServerError; AssertionError if the product is not ready in time."""
        await asyncio.gather(
            asyncio.to_thread(start_server, self.valkey),
            asyncio.to_thread(start_postgres, self.postgres),
        )
        if self.pair:
            await asyncio.to_thread(self.pair.start)
        for link in self.links:
            await link.open()
        self.house = House(
            through(self.postgres.url, self.postgres_link.port),
            through(self.valkey.url, self.redis_link.port),
            self._folder,
            WORKERS=str(WORKERS),
            WEB_DB_CONNECTIONS=str(WEB_DB_CONNECTIONS),
            LEASE_S="2",
            JOB_TIMEOUT_S="5",
            LOG_FORMAT="text",
            LINE_REPLICAS=str(self.plan.line_replicas),
        )
        await self._start_commands()
        self._tasks = [
            asyncio.create_task(self._look_after()),
            asyncio.create_task(self._power.note_lengths()),
            asyncio.create_task(self.clocks.compare(self.valkey.url)),
        ]
        await self.until(self.house.is_ready, within_s=60)

    async def _start_commands(self) -> None:
        for name in chain(*self._names.values()):
            self._start(name)

    def pids(self) -> dict[str, int]:
        """The pids of the running processes and servers, by name."""
        servers = {"redis": self.valkey.pid, "postgres": self.postgres.pid}
        return self.commands() | {name: pid for name, pid in servers.items() if pid is not None}

    def commands(self) -> dict[str, int]:
        """The pids of the running commands, by name."""
        return {name: process.pid for name, process in self._running.items()}

    async def until(self, true: Callable[[], object], *, within_s: float) -> None:
        """Wait until `true()`, called in a thread, returns true. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not await asyncio.to_thread(true):  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.05)

    def _start(self, name: str) -> None:
        kind = name.split()[0]
        processes = WEB_PROCESSES // self.plan.hosts
        more = {
            "web": ["--processes", str(processes), "--port", str(self._port_of(name))],
            "worker": ["--workers", "1"],
        }
        words = [kind, *more.get(kind, [])]
        self._running[name] = self._nursery.start(words, self._environ_of(name), self.house.log)

    def _port_of(self, _name: str) -> int:
        """The port of the web command of this name."""
        return self.house.port

    def _environ_of(self, name: str) -> dict[str, str]:
        return {**os.environ, **self.house.environ, **self.clocks.environ(name)}

    async def run(self, *words: str, within_s: float) -> tuple[int, str]:
        """Run a command without the links. Returns its exit code and output."""
        urls = {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}
        printed = self._folder / f"{words[0]}.log"
        environ = {**os.environ, **self.house.environ, **urls}
        command = self._nursery.start(words, environ, printed)
        try:
            code = await asyncio.to_thread(command.wait, within_s)
        finally:
            kill_family(command.pid)
        return code, printed.read_text(errors="replace")

    def step_clock(self, step: ClockStep) -> None:
        if step.clock == REDIS:
            assert isinstance(self.valkey, ValkeyWithClock)
            self.valkey.set_clock(step.offset_s)
        self.clocks.set(step.clock, step.offset_s)

    async def apply(self, fault: Fault) -> None:
        """Apply the fault for its length, then undo it."""
        async with self._one_at_a_time[fault.part]:
            if fault.target == "redis link":
                await self._break_link(self.redis_link, fault)
            elif fault.target == "postgres link":
                await self._break_link(self.postgres_link, fault)
            elif fault.target == "redis":
                await self._break_server(self.valkey, fault)
            elif fault.target == "postgres":
                await self._break_server(self.postgres, fault)
            elif fault.target == "web process":
                await self._break_process(fault)
            else:
                names = self._names[fault.part]
                hit = names if fault.target == "workers" else [names[fault.which % len(names)]]
                await asyncio.gather(*(self._break_command(name, fault) for name in hit))

    async def _break_link(self, link: Link, fault: Fault) -> None:
        await link.break_(fault.kind)  # type: ignore[arg-type]  # kinds of link faults are modes
        await asyncio.sleep(fault.length_s)
        await link.mend()

    async def _break_server(self, server: EmbeddedServer, fault: Fault) -> None:
        pid = server.pid
        assert pid is not None, f"{server.name} is not running"
        if fault.kind == "stop":
            await self._stop_for(lambda: family(pid), pid, fault.length_s)
        elif fault.kind == "lose all":
            await asyncio.to_thread(delete_all, self.valkey)
        elif fault.kind == "lose the primary":
            assert self.pair is not None
            self.valkey = await asyncio.to_thread(self.pair.fail_over, fault.length_s)
            await asyncio.to_thread(self.pair.count_unacknowledged, self.house)
        elif fault.kind == "restart":
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(start_server, server)
        else:
            kill_family(pid)
            if fault.kind == "lose a second":
                self._power.forget_the_last_second()
            await asyncio.sleep(fault.length_s)
            await asyncio.to_thread(start_server, server)

    async def _break_process(self, fault: Fault) -> None:
        """One process of the web command; the command looks after it."""
        children: list[int] = []
        deadline = asyncio.get_running_loop().time() + HIT_WITHIN_S
        while not children and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.1)
            command = self._running["web"].pid
            children = [pid for pid in family(command) if pid != command]
        assert children, f"{fault.target} is not running"
        pid = sorted(children)[fault.which % len(children)]
        if fault.kind == "kill":
            kill_family(pid)
        else:
            await self._stop_for(lambda: family(pid), pid, fault.length_s)

    async def _break_command(self, name: str, fault: Fault) -> None:
        command = self._running[name]
        if fault.kind == "stop":
            await self._stop_for(lambda: family(command.pid), command.pid, fault.length_s)
            return
        del self._running[name]  # so that nobody takes it for one that fell over
        if fault.kind == "kill":
            kill_family(command.pid)
            await asyncio.to_thread(command.wait)
            await asyncio.sleep(fault.length_s)
        else:
            command.send_signal(signal.SIGTERM)
            await self._gone(name, command)
        if name.startswith("web"):
            await self.until(lambda: port_is_free(self._port_of(name)), within_s=10)
        self._start(name)

    async def _stop_for(
        self, members: Callable[[], list[int]], first: int, length_s: float
    ) -> None:
        """SIGSTOP, then SIGCONT. Stops `first` first, so that it starts no more processes."""
        send(first, signal.SIGSTOP)
        self._stopped.add(first)
        pids = members()
        self._stopped.update(pids)
        for pid in pids:
            send(pid, signal.SIGSTOP)
        await asyncio.sleep(length_s)
        self._go_on(pids)

    def _go_on(self, pids: list[int]) -> None:
        for pid in pids:
            send(pid, signal.SIGCONT)
            self._stopped.discard(pid)

    async def _gone(self, name: str, command: Child) -> None:
        """Wait for a command to end after SIGTERM; after STOP_WITHIN_S record and kill it."""
        try:
            await asyncio.to_thread(command.wait, STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.fell_over.append(f"{name} (not ended {STOP_WITHIN_S:.0f} s after SIGTERM)")
            kill_family(command.pid)
            await asyncio.to_thread(command.wait)

    async def _look_after(self) -> None:
        """As a service manager: record and restart commands that end by themselves."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for name, process in list(self._running.items()):
                if (code := process.poll()) is not None:
                    self.fell_over.append(f"{name} (exit code {code})")
                    self._start(name)

    def admin(self, method: str, path: str, body: Any) -> bool:
        """Make a change by the admin API. Returns whether it succeeded."""
        try:
            self.house.admin(method, path, body)
        except (OSError, AssertionError):
            return False
        return True

    async def end_commands(self) -> None:
        """Resume stopped processes, and end all commands by SIGTERM."""
        for task in self._tasks:
            task.cancel()
        self._go_on(list(self._stopped))
        running, self._running = self._running, {}
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(self._gone(name, process) for name, process in running.items()))

    async def close(self) -> None:
        """End all commands and servers, by pid."""
        await self.end_commands()
        await asyncio.to_thread(self._nursery.close)
        for link in self.links:
            link.close()
        await asyncio.gather(
            asyncio.to_thread(self.pair.close if self.pair else self.valkey.erase),
            asyncio.to_thread(self.postgres.erase),
        )
