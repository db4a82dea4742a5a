"""A process that visits as browsers do: each visit on its own connection, step by step.

`python -m load.bench.visitors PORT CONNECTIONS SECONDS PLAN-FILE` prints its figures as a line of
JSON. A visit that has begun in time is finished, so each member who entered counts.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, cast

from processes.open_files import raise_limit

GIVE_UP_S = 10.0
# Each of the first visits is read and must say what it should; later ones by their status alone.
READ_IN_FULL = 32
_HEAD_END, _LENGTH = b"\r\n\r\n", b"content-length: "


@dataclass(frozen=True, slots=True)
class Step:
    """A request: the line and the headers that all visitors send, without the empty line.

    status: what it must be answered with. says: what must stand in the body. is_stream: the answer
    has no end; the step is over with its first event.
    """

    name: str
    head: str
    status: int
    says: str = ""
    is_stream: bool = False


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """steps: in their order, all of them on one connection, which then ends.

    visitors: headers that say who visits, one for each visit; from the first again after the last.
    """

    steps: tuple[Step, ...]
    visitors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VisitStats:
    """visits: those that succeeded. step_bytes: on the wire, by step, of one visit on average.

    errors: visits that failed. repeats: visits by members who had visited before.
    """

    visits: int
    seconds: float
    requests_per_s: float
    visits_per_s: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    step_bytes: dict[str, float]
    errors: int
    repeats: int
    generator_cores: float
    first_error: str


class _Visit(asyncio.Protocol):
    """One visit. Its answers come one at a time: the next request is sent when one is whole."""

    __slots__ = ("_all", "_at", "_began", "_cookies", "_got", "_length", "_transport", "_who")

    def __init__(self, everybody: Visitors, who: bytes) -> None:
        self._all = everybody
        self._who = who
        self._at = 0
        self._got = b""
        self._length = 0  # of the answer with its head, once that is known
        self._cookies = b""
        self._began = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._request())

    def _request(self) -> bytes:
        return self._all.heads[self._at] + self._who + self._cookies + _HEAD_END

    def data_received(self, data: bytes) -> None:
        self._got = data = self._got + data if self._got else data
        if not self._length:
            end = data.find(_HEAD_END)
            if end < 0:
                return
            if self._all.steps[self._at].is_stream:
                # A beat may come before the place.
                if data.find(b"event: place", end) < 0 or not data.endswith((b"\n\n", b"\n\r\n")):
                    return
                self._length = len(data)
            else:
                at = data.find(_LENGTH, 0, end)
                size = data[at + len(_LENGTH) : data.index(b"\r", at)] if at >= 0 else b"0"
                self._length = end + 4 + int(size)
        if len(data) >= self._length:
            self._answered(data)

    def _answered(self, data: bytes) -> None:
        everybody, at = self._all, self._at
        everybody.bytes[at] += len(data)
        step = everybody.steps[at]
        if data[9:12] != everybody.statuses[at]:
            self._failed(f"{step.name}: {data[:100]!r}")
            return
        if everybody.to_read > 0 and step.says not in _text(data):
            self._failed(f"{step.name} does not say {step.says!r}")
            return
        if b"set-cookie: ticket-" in data[:2000]:
            self._keep_cookie(data)
        self._got, self._length, self._at = b"", 0, at + 1
        if self._at < len(everybody.steps):
            self._transport.write(self._request())
        else:
            self._transport.abort()
            everybody.ended(time.perf_counter() - self._began)

    def _keep_cookie(self, data: bytes) -> None:
        start = data.index(b"set-cookie: ticket-") + len(b"set-cookie: ")
        self._cookies = b"; " + data[start : data.index(b";", start)]

    def _failed(self, why: str) -> None:
        self._transport.abort()
        self._all.failed(why)

    def connection_lost(self, error: Exception | None) -> None:
        if self._at < len(self._all.steps) and not self._transport.is_closing():
            self._all.failed(f"closed early: {error}")


class Visitors:
    def __init__(self, port: int, plan: VisitPlan) -> None:
        self.steps = plan.steps
        self.heads = [step.head.encode() for step in plan.steps]
        self.statuses = [str(step.status).encode() for step in plan.steps]
        self.bytes = [0] * len(plan.steps)
        self.to_read = READ_IN_FULL
        self.times: list[float] = []
        self.errors = self.repeats = 0
        self.first_error = ""
        self._port = port
        self._who = _in_turn(plan.visitors)
        self._count, self._begun = len(plan.visitors), 0
        self._until = 0.0
        self._visiting = 0
        self._all_ended = asyncio.Event()

    async def visit(self, connections: int, seconds: float) -> float:
        """Seconds that it took, the last visits to their end included."""
        began = time.perf_counter()
        self._until = began + seconds
        for _ in range(connections):
            self._visiting += 1
            self._begin()
        try:
            async with asyncio.timeout(seconds + GIVE_UP_S):
                await self._all_ended.wait()
        except TimeoutError:
            self.errors += self._visiting
            self.first_error = self.first_error or f"no answer within {GIVE_UP_S:g} s"
        return time.perf_counter() - began

    def _begin(self) -> None:
        asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        self.repeats += self._begun >= self._count
        self._begun += 1
        who = next(self._who)
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # On this machine it is made at once.
        try:
            connection.connect(("127.0.0.1", self._port))
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: _Visit(self, who), sock=connection)
        except OSError as error:
            connection.close()
            self.failed(str(error))

    def ended(self, took_s: float) -> None:
        self.times.append(took_s)
        self.to_read -= 1
        self._next()

    def failed(self, why: str) -> None:
        self.errors += 1
        self.first_error = self.first_error or why
        self._next()

    def _next(self) -> None:
        if time.perf_counter() < self._until:
            self._begin()
            return
        self._visiting -= 1
        if not self._visiting:
            self._all_ended.set()


def _in_turn(visitors: tuple[str, ...]) -> Iterator[bytes]:
    made = [f"\r\n{one}".encode() if one else b"" for one in visitors]
    while True:
        yield from made


def _text(data: bytes) -> str:
    head, _, body = data.partition(_HEAD_END)
    if b"content-encoding: gzip" in head:
        body = gzip.decompress(body)
    return body.decode(errors="replace")


async def _visited(port: int, connections: int, seconds: float, plan: VisitPlan) -> VisitStats:
    everybody = Visitors(port, plan)
    cpu_began = time.process_time()
    took_s = await everybody.visit(connections, seconds)
    times = sorted(everybody.times) or [0.0]
    visits = len(everybody.times)
    return VisitStats(
        visits=visits,
        seconds=took_s,
        requests_per_s=visits * len(plan.steps) / took_s,
        visits_per_s=visits / took_s,
        mean_ms=fmean(times) * 1e3,
        p50_ms=times[len(times) // 2] * 1e3,
        p99_ms=times[int(len(times) * 0.99)] * 1e3,
        step_bytes={
            step.name: sent / max(visits, 1)
            for step, sent in zip(plan.steps, everybody.bytes, strict=True)
        },
        errors=everybody.errors,
        repeats=everybody.repeats,
        generator_cores=(time.process_time() - cpu_began) / took_s,
        first_error=everybody.first_error,
    )


def run_visits(
    port: int, connections: int, seconds: float, plan: VisitPlan, folder: Path
) -> VisitStats:
    """By a process of its own. Raises subprocess.CalledProcessError."""
    file = folder / f"visits-{secrets.token_hex(4)}"
    file.write_text(json.dumps(asdict(plan)))
    argv = [sys.executable, "-m", "load.bench.visitors", str(port), str(connections)]
    done = subprocess.run(  # noqa: S603 - ourselves
        [*argv, f"{seconds:g}", str(file)], check=True, stdout=subprocess.PIPE, text=True
    )
    return VisitStats(**json.loads(done.stdout))


def read_plan(text: str) -> VisitPlan:
    plan: dict[str, Any] = json.loads(text)
    return VisitPlan(tuple(Step(**step) for step in plan["steps"]), tuple(plan["visitors"]))


def main() -> None:
    raise_limit()
    port, connections, seconds, file = sys.argv[1:]
    plan = read_plan(Path(file).read_text())
    if sys.platform != "win32":
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    else:
        runner = asyncio.Runner()
    with runner:
        seen = runner.run(_visited(int(port), int(connections), float(seconds), plan))
        print(json.dumps(asdict(seen)), flush=True)
        os._exit(0)  # as of load.bench.sse_clients


if __name__ == "__main__":
    main()
