"""Entering, and asking for one's place, against the least that the same server can answer."""

from __future__ import annotations

import asyncio
import random

from load.bench.context import FILL_BY, WIDE_OPEN, Bench, members, run_baseline_server
from load.bench.http_load import LoadOptions, LoadResult
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from waitroom.line import Line

ENTER_CONNECTIONS = (64, 1_000)
PLACE_CONNECTIONS = 64
LINES = (1_000, 100_000, 1_000_000)
# More than can enter in a round, so that nearly everybody is new.
ENTRANTS_PER_S = 25_000
ASKERS = 20_000
RESTING = WIDE_OPEN.change(state="paused")
BARE = "bare callable, same server"


def enter(bench: Bench) -> list[Summary]:
    """New members with real tokens enter, each gets a signed ticket."""
    found: list[Summary] = []
    with run_baseline_server(bench) as bare_url:
        for connections in ENTER_CONNECTIONS:

            def one(_: int, connections: int = connections) -> list[Row]:
                code = bench.new_code()
                # In each round tokens that no process has verified before.
                crowd = bench.tokens(members(code, int(ENTRANTS_PER_S * bench.seconds)))
                # Admit nobody: admitting and issuing are another measure.
                bench.stage.offer(code, 1_000_000, room=RESTING)
                bare = bench.ask(LoadOptions(f"{bare_url}/", connections, bench.seconds))
                url = f"{bench.stage.base_url}/api/rooms/{code}/enter"
                with watched(bench.pids) as cores:
                    seen = bench.ask(LoadOptions(url, connections, bench.seconds, "POST", crowd))
                entered = {"new members": bench.figures(code).entered}
                name = f"enter, {connections:,} connections"
                more = entered | _cores(cores)
                return [Row(name, seen.per_s, "/s", BARE, bare.per_s, _seen(seen, bare) | more)]

            found += rounds(bench.rounds, one)
    return found


def place(bench: Bench) -> list[Summary]:
    """Members of a long line ask for their place."""
    found: list[Summary] = []
    for waiting in dict.fromkeys(bench.at_most(line) for line in LINES):
        code = bench.new_code()
        bench.stage.offer(code, 1_000_000, room=RESTING)
        everybody = members("place", waiting)
        bench.console.print(f"Filling a line of {waiting:,} ...")
        bench.fill(code, everybody)
        askers = random.sample(everybody, min(ASKERS, waiting))
        crowd = bench.tokens(askers)
        url = f"{bench.stage.base_url}/api/rooms/{code}/place"

        def one(_: int, waiting: int = waiting, url: str = url, code: str = code) -> list[Row]:
            with run_baseline_server(bench) as bare_url:
                bare = bench.ask(LoadOptions(f"{bare_url}/", PLACE_CONNECTIONS, bench.seconds))
            with watched(bench.pids) as cores:
                asking = LoadOptions(url, PLACE_CONNECTIONS, bench.seconds, tokens=crowd)  # noqa: B023
                seen = bench.ask(asking)
            more = {"raw Redis per s": _raw_place(bench, code, askers)} | _cores(cores)  # noqa: B023
            name = f"place, {waiting:,} in line"
            return [Row(name, seen.per_s, "/s", BARE, bare.per_s, _seen(seen, bare) | more)]

        found += rounds(bench.rounds, one)
    return found


def _raw_place(bench: Bench, code: str, askers: list[str]) -> float:
    """How many the move alone tells, a batch a call, one call at a time."""

    async def ask_all(line: Line) -> float:
        loop = asyncio.get_running_loop()
        began, asked = loop.time(), 0
        while loop.time() - began < 1:
            some = random.sample(askers, min(FILL_BY // 10, len(askers)))
            await asyncio.gather(*(line.place(code, one) for one in some))
            asked += len(some)
        return asked / (loop.time() - began)

    return bench.with_line(ask_all)


def _seen(answers: LoadResult, bare: LoadResult) -> dict[str, float]:
    return {
        "mean ms": answers.mean_ms,
        "p50 ms": answers.p50_ms,
        "p99 ms": answers.p99_ms,
        "errors": answers.errors,
        "bare errors": bare.errors,
    }


def _cores(cores: dict[str, float]) -> dict[str, float]:
    return {f"cores {name}": used for name, used in cores.items()}
