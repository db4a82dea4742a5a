"""A million: they enter over HTTP as fast as it goes; then memory, and whether it still answers."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from load.bench.context import WIDE_OPEN, Bench, members
from load.bench.http_load import LoadOptions, run_load, wrk_argv
from load.bench.process_usage import memory_mb
from load.bench.results import Row, Summary, rounds

MEMBERS = 1_000_000
LOOK_EVERY_S = 0.2
CONNECTIONS = 256
GIVE_UP_S = 400.0
ASKERS = 20_000


def million(bench: Bench) -> list[Summary]:
    """One round, as it takes a minute or two."""
    count = bench.at_most(MEMBERS)
    everybody = members("million", count)
    bench.console.print(f"Making {count:,} tokens ...")
    crowd = bench.tokens(everybody)

    def one(_: int) -> list[Row]:
        code = bench.new_code()
        # Admit nobody, so that all are in line at the end.
        room = WIDE_OPEN.change(state="paused")
        bench.stage.offer(code, count, room=room)
        before = {name: memory_mb(pid) for name, pid in bench.pids.items()}
        url = f"{bench.stage.base_url}/api/rooms/{code}/enter"
        asking = LoadOptions(url, CONNECTIONS, GIVE_UP_S, "POST", crowd, once=True)
        took_s = _enter_all(bench, code, count, asking)
        in_line = bench.figures(code).in_line
        memory = {}
        for name, pid in bench.pids.items():
            memory[f"MB {name}"] = memory_mb(pid)
            memory[f"MB {name} before"] = before[name]
        askers = bench.tokens(everybody[:: max(1, count // ASKERS)])
        place_url = f"{bench.stage.base_url}/api/rooms/{code}/place"
        asked = bench.ask(LoadOptions(place_url, 64, bench.seconds, tokens=askers))
        more = {
            "in line": in_line,
            "s until all were": took_s,
            "place per s": asked.per_s,
            "place p99 ms": asked.p99_ms,
            "place errors": asked.errors,
        }
        return [Row(f"{count:,} enter", in_line / took_s, "/s", seen=more | memory)]

    return rounds(1, one)


def _enter_all(bench: Bench, code: str, count: int, asking: LoadOptions) -> float:
    """Seconds until everybody was in line."""
    began = time.perf_counter()
    with _running_load(asking) as has_ended:
        while bench.figures(code).in_line < count and not has_ended():
            if time.perf_counter() - began > asking.seconds:
                break
            time.sleep(min(LOOK_EVERY_S, bench.seconds / 10))
        return time.perf_counter() - began


@contextmanager
def _running_load(asking: LoadOptions) -> Iterator[Callable[[], bool]]:
    """Asks meanwhile; yields whether it has ended. wrk falls silent after the last, but stays."""
    if shutil.which("wrk") is None:
        with ThreadPoolExecutor(1) as beside:
            entering = beside.submit(run_load, asking)
            yield entering.done
        return
    with subprocess.Popen(  # noqa: S603 - a program the user has installed
        wrk_argv(asking), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as wrk:
        try:
            yield lambda: wrk.poll() is not None
        finally:
            wrk.send_signal(signal.SIGKILL)
