"""Limits: how a flood from one address delays others, and what counting costs a crowd."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from load.bench.context import Bench, members, served
from load.bench.http_load import LoadOptions, LoadResult
from load.bench.measures.line import ENTRANTS_PER_S, RESTING
from load.bench.results import Row, Summary, rounds
from processes.child_process import free_port

FLOOD_PER_S, FLOOD_CONNECTIONS = 5_000, 200
BOT = "203.0.113.66"
OTHERS, OTHERS_PER_S, OTHERS_CONNECTIONS = 2_000, 500, 50
ADDRESSES = [f"198.18.{high}.{low}" for high in range(200) for low in range(250)]
CONNECTIONS = 64
OFF = {"ADDRESS_REQUESTS_MAX": "0", "MEMBER_REQUESTS_MAX": "0"}


def limits(bench: Bench) -> list[Summary]:
    """A flood beside others who ask calmly; then entering with the limits on, and off."""
    return rounds(bench.rounds, lambda _round: [_flood(bench)]) + _cost(bench)


def _flood(bench: Bench) -> Row:
    """Response times of others' polls: first alone, then during the flood."""
    code = bench.new_code()
    bench.stage.offer(code, 1_000_000, room=RESTING)
    waiting = members("calm", bench.at_most(OTHERS))
    bench.fill(code, waiting)
    base = f"{bench.stage.base_url}/api/rooms/{code}"
    # Each asks once in four seconds, from an address of their own.
    calm = LoadOptions(
        f"{base}/place",
        OTHERS_CONNECTIONS,
        bench.seconds,
        tokens=bench.tokens(waiting, ADDRESSES[:OTHERS]),
        per_s=OTHERS_PER_S,
    )
    bots = bench.tokens(members("bot", bench.at_most(20_000)), [BOT])
    flood = LoadOptions(
        f"{base}/enter", FLOOD_CONNECTIONS, bench.seconds, "POST", bots, FLOOD_PER_S
    )
    alone = bench.ask(calm)
    with ThreadPoolExecutor(1) as beside:
        flooding = beside.submit(bench.ask, flood)
        seen = bench.ask(calm)
        flooded = flooding.result()
    return Row(
        "p99 of others beside a flood",
        seen.p99_ms,
        "ms",
        "without it",
        alone.p99_ms,
        _named(seen, "others") | _named(alone, "alone") | _of_flood(flooded),
    )


def _named(answers: LoadResult, who: str) -> dict[str, float]:
    return {
        f"{who} per s": answers.per_s,
        f"{who} p50 ms": answers.p50_ms,
        f"{who} refused": answers.errors,
    }


def _of_flood(flooded: LoadResult) -> dict[str, float]:
    return {
        "flood per s": flooded.per_s,
        "answered": flooded.answered - flooded.errors,
        "flood p99 ms": flooded.p99_ms,
    }


def _cost(bench: Bench) -> list[Summary]:
    """Entering, each from an address of their own, by turns with limits and without."""
    crowd = bench.tokens(members("cost", int(ENTRANTS_PER_S * bench.seconds)), ADDRESSES)
    port, processes = free_port(), str(bench.stage.counts.web_processes)
    argv = ["cli", "web", "--port", str(port), "--processes", processes]
    environ = {**os.environ, **bench.stage.environ, **OFF}
    with served(argv, environ, bench.folder, port) as off_url:

        def one(_: int) -> list[Row]:
            seen = []
            for base_url in (off_url, bench.stage.base_url):
                code = bench.new_code()
                bench.stage.offer(code, 1_000_000, room=RESTING)
                url = f"{base_url}/api/rooms/{code}/enter"
                seen.append(bench.ask(LoadOptions(url, CONNECTIONS, bench.seconds, "POST", crowd)))
            off, on = seen
            more = {"p99 ms": on.p99_ms, "off p99 ms": off.p99_ms, "errors": on.errors + off.errors}
            return [Row("enter with limits", on.per_s, "/s", "without", off.per_s, more)]

        return rounds(bench.rounds, one)
