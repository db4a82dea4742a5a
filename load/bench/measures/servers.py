"""Servers: the product on granian, which serves it, and on uvicorn, against which it was chosen."""

from __future__ import annotations

import os

from load.bench.context import WIDE_OPEN, Bench, members, run_baseline_server, served
from load.bench.http_load import LoadOptions
from load.bench.measures.line import ENTRANTS_PER_S
from load.bench.results import Row, Summary, rounds
from processes.child_process import free_port

CONNECTIONS = (64, 1_000)


def servers(bench: Bench) -> list[Summary]:
    """Entering, by turns on both, with as many processes."""
    found: list[Summary] = []
    crowd = bench.tokens(members("server", int(ENTRANTS_PER_S * bench.seconds)))
    port, processes = free_port(), str(bench.stage.counts.web_processes)
    argv = [
        "uvicorn",
        "--factory",
        "processes.web:make_app",
        "--port",
        str(port),
        "--no-access-log",
    ]
    argv += ["--workers", processes, "--backlog", "4096", "--log-level", "warning"]
    environ = {**os.environ, **bench.stage.environ, "WAITROOM_WEB_PROCESSES": processes}
    with (
        served(argv, environ, bench.folder, port) as uvicorn_url,
        run_baseline_server(bench) as bare_url,
    ):
        for connections in CONNECTIONS:

            def one(_: int, connections: int = connections) -> list[Row]:
                bare = bench.ask(LoadOptions(f"{bare_url}/", connections, bench.seconds))
                seen = []
                for base_url in (uvicorn_url, bench.stage.base_url):
                    code = bench.new_code()
                    bench.stage.offer(code, 1_000_000, room=WIDE_OPEN)
                    url = f"{base_url}/api/rooms/{code}/enter"
                    seen.append(
                        bench.ask(LoadOptions(url, connections, bench.seconds, "POST", crowd))
                    )
                uvicorn, granian = seen
                more = {
                    "bare callable per s": bare.per_s,
                    "granian p99 ms": granian.p99_ms,
                    "uvicorn p99 ms": uvicorn.p99_ms,
                    "granian errors": granian.errors,
                    "uvicorn errors": uvicorn.errors,
                    "bare errors": bare.errors,
                }
                name = f"enter on granian, {connections:,} connections"
                return [Row(name, granian.per_s, "/s", "uvicorn", uvicorn.per_s, more)]

            found += rounds(bench.rounds, one)
    return found
