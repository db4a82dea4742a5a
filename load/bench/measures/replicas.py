"""Entering with LINE_REPLICAS=1: what it costs to wait until a replica has each place."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from load.bench.context import Bench, members, served
from load.bench.http_load import LoadOptions, LoadResult
from load.bench.measures.line import ENTER_CONNECTIONS, ENTRANTS_PER_S, RESTING
from load.bench.process_usage import family
from load.bench.results import Row, Summary, rounds
from processes.child_process import free_port
from processes.embedded import EmbeddedValkey
from topology.async_redis import open_async_redis

METRIC = "waitroom_unacknowledged_places_total "
IN_SYNC_WITHIN_S = 30.0
# For how long a process answers with the metrics that it has.
METRICS_KEPT_S = 1.1


def replicas(bench: Bench) -> list[Summary]:
    """New members enter, waiting for a replica and not; then while the replica hangs."""
    port, processes = free_port(), str(bench.stage.counts.web_processes)
    argv = ["cli", "web", "--port", str(port), "--processes", processes]
    environ = {**os.environ, **bench.stage.environ, "LINE_REPLICAS": "1"}
    found: list[Summary] = []
    with (
        _replica(bench) as replica,
        served(argv, environ, bench.folder, port) as waiting_url,
    ):
        for connections in ENTER_CONNECTIONS:

            def one(_: int, connections: int = connections) -> list[Row]:
                return [_row(bench, waiting_url, "a replica acknowledges", connections)]

            found += rounds(bench.rounds, one)
        with _stopped(replica):
            found += rounds(
                bench.rounds,
                lambda _: [_row(bench, waiting_url, "the replica hangs", max(ENTER_CONNECTIONS))],
            )
    return found


def _row(bench: Bench, waiting_url: str, name: str, connections: int) -> Row:
    """Both web commands in turn; the replica follows in both cases."""
    plain, _ = _enter(bench, bench.stage.base_url, connections)
    before = _unacknowledged(waiting_url)
    seen, entered = _enter(bench, waiting_url, connections)
    time.sleep(METRICS_KEPT_S)
    return Row(
        f"enter, {name}, {connections:,} connections",
        seen.per_s,
        "/s",
        "without waiting for it",
        plain.per_s,
        {
            "mean ms": seen.mean_ms,
            "p99 ms": seen.p99_ms,
            "without p99 ms": plain.p99_ms,
            "errors": seen.errors + plain.errors,
            "new members": entered,
            "unacknowledged": _unacknowledged(waiting_url) - before,
        },
    )


def _enter(bench: Bench, base_url: str, connections: int) -> tuple[LoadResult, int]:
    """The answers, and how many took a place."""
    code = bench.new_code()
    crowd = bench.tokens(members(code, int(ENTRANTS_PER_S * bench.seconds)))
    bench.stage.offer(code, 1_000_000, room=RESTING)
    url = f"{base_url}/api/rooms/{code}/enter"
    seen = bench.ask(LoadOptions(url, connections, bench.seconds, "POST", crowd))
    return seen, bench.figures(code).entered


def _unacknowledged(base_url: str) -> int:
    """Of the web command there, since it started."""
    with urllib.request.urlopen(f"{base_url}/metrics", timeout=10) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    [value] = [line.removeprefix(METRIC) for line in lines if line.startswith(METRIC)]
    return int(float(value))


@contextmanager
def _replica(bench: Bench) -> Iterator[EmbeddedValkey]:
    """A replica of the stage's Redis, with all its data."""
    replica = EmbeddedValkey(bench.folder / "replica")
    replica.start()
    try:
        asyncio.run(_follow(replica.url, bench.stage.environ["REDIS_URL"]))
        yield replica
    finally:
        replica.erase()


async def _follow(replica_url: str, primary_url: str) -> None:
    primary = urlsplit(primary_url)
    async with open_async_redis(replica_url, connections_max=1) as redis:
        await redis.config_set("masterauth", unquote(primary.password or ""))
        await redis.config_set("masteruser", unquote(primary.username or ""))
        await redis.replicaof(primary.hostname or "127.0.0.1", str(primary.port or 6379))
        async with asyncio.timeout(IN_SYNC_WITHIN_S):
            while (await redis.info("replication"))["master_link_status"] != "up":  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@contextmanager
def _stopped(server: EmbeddedValkey) -> Iterator[None]:
    assert server.pid is not None
    pids = family(server.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
