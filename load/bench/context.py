"""What all measures work with, and what they all do."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from domain.room_settings import RoomSettings
from domain.settings_spec import RATE_PER_S_MAX, SEATS_MAX, SIZE_MAX
from load.bench.http_load import LoadOptions, LoadResult, run_load, write_tokens
from load.bench.tokens import PLAIN, TokenForm, tokens
from processes.child_process import free_port, spawn
from processes.local_stack import LocalStack
from waitroom.line import Line, open_line
from waitroom.stats.room_stats import RoomStats

R = TypeVar("R")
# No limit that a crowd could meet.
WIDE_OPEN = RoomSettings(
    rate_per_s=RATE_PER_S_MAX, burst=int(RATE_PER_S_MAX), seats=SEATS_MAX, size_max=SIZE_MAX
)
FILL_BY = 500
# A process reads what is on offer once a second; some time for the reading.
OFFERS_READ_S = 1.5


@dataclass(frozen=True, slots=True)
class Bench:
    """The stage, and how long and how often to measure. `rounds` of `seconds` each.

    people_max: no line or crowd is longer, whatever a measure would take.
    """

    stage: LocalStack
    folder: Path
    rounds: int
    seconds: float
    console: Console
    streams: int = 1_000
    people_max: int = 1_000_000

    def at_most(self, people: int) -> int:
        return min(people, self.people_max)

    def new_code(self) -> str:
        return f"bench-{secrets.token_hex(4)}"

    def tokens(
        self, members: list[str], addresses: Sequence[str] = (), form: TokenForm = PLAIN
    ) -> Path:
        """A file of their tokens, each with one of the addresses that they are to come from."""
        made = tokens(self.stage.environ["MEMBER_TOKEN_SECRETS"], members, form)
        if addresses:
            made = [f"{one}\t{addresses[n % len(addresses)]}" for n, one in enumerate(made)]
        return write_tokens(self.folder / f"tokens-{secrets.token_hex(4)}", made)

    def offer(self, code: str, total: int, room: RoomSettings) -> None:
        """Put it on offer, and wait until every web process has read that it is."""
        self.stage.offer(code, total, room=room)
        time.sleep(OFFERS_READ_S)

    def ask(self, asking: LoadOptions) -> LoadResult:
        return run_load(asking)

    def with_line(self, use: Callable[[Line], Coroutine[Any, Any, R]]) -> R:
        async def run() -> R:
            line = open_line(self.stage.environ["REDIS_URL"], timeout_s=30)
            try:
                return await use(line)
            finally:
                await line.aclose()

        return asyncio.run(run())

    def fill(self, code: str, members: list[str]) -> None:
        """Put them in line, by the move that the web uses."""

        async def enter(line: Line) -> None:
            for start in range(0, len(members), FILL_BY):
                some = members[start : start + FILL_BY]
                await asyncio.gather(*(line.enter(code, member) for member in some))

        self.with_line(enter)

    def figures(self, code: str) -> RoomStats:
        return self.with_line(lambda line: line.room_stats(code))

    @property
    def pids(self) -> dict[str, int]:
        """The processes on the stage, and the servers where they are ours."""
        return {name: one.pid for name, one in self.stage.processes.items()} | self.stage.servers


@contextmanager
def served(
    argv: list[str],
    environ: dict[str, str],
    folder: Path,
    port: int,
    started: Callable[[int], None] = lambda _pid: None,
) -> Iterator[str]:
    """`python -m ARGV`, serving at the address that is given, until the end."""
    url = f"http://127.0.0.1:{port}"
    process = spawn([sys.executable, "-m", *argv], env=environ, log=folder / "served.log")
    started(process.pid)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=1).close()  # noqa: S310
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "served.log").read_text()[-2_000:]) from None
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def run_baseline_server(
    bench: Bench, started: Callable[[int], None] = lambda _pid: None
) -> Iterator[str]:
    """The least that can answer, on as many processes of the same server."""
    port = free_port()
    argv = ["load.bench.baseline_server", str(port), str(bench.stage.counts.web_processes)]
    with served(argv, dict(bench.stage.environ), bench.folder, port, started) as url:
        yield url


def members(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]
