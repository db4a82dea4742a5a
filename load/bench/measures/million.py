"""A million: they enter over HTTP as fast as it goes; then memory, and whether it still answers."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time

from load.bench.context import WIDE_OPEN, Bench, members
from load.bench.http_load import LoadOptions, wrk_argv
from load.bench.process_usage import memory_mb
from load.bench.results import Row, Summary, rounds

MEMBERS = 1_000_000
CONNECTIONS = 256
GIVE_UP_S = 400.0
ASKERS = 20_000


def million(bench: Bench) -> list[Summary]:
    """One round, as it takes a minute or two."""
    everybody = members("million", MEMBERS)
    bench.console.print(f"Making {MEMBERS:,} tokens ...")
    crowd = bench.tokens(everybody)

    def one(_: int) -> list[Row]:
        code = bench.new_code()
        # Nobody is let through, so that all of them are in line at the end.
        room = WIDE_OPEN.change(state="paused")
        bench.stage.offer(code, MEMBERS, room=room)
        before = {name: memory_mb(pid) for name, pid in bench.pids.items()}
        url = f"{bench.stage.base_url}/api/rooms/{code}/enter"
        took_s = _enter_all(bench, code, LoadOptions(url, CONNECTIONS, GIVE_UP_S, "POST", crowd))
        in_line = bench.figures(code).in_line
        memory = {}
        for name, pid in bench.pids.items():
            memory[f"MB {name}"] = memory_mb(pid)
            memory[f"MB {name} before"] = before[name]
        askers = bench.tokens(everybody[:: MEMBERS // ASKERS])
        place_url = f"{bench.stage.base_url}/api/rooms/{code}/place"
        asked = bench.ask(LoadOptions(place_url, 64, bench.seconds, tokens=askers))
        more = {
            "in line": in_line,
            "s until all were": took_s,
            "place per s": asked.per_s,
            "place p99 ms": asked.p99_ms,
            "place errors": asked.errors,
        }
        return [Row("a million enter", in_line / took_s, "/s", seen=more | memory)]

    return rounds(1, one)


def _enter_all(bench: Bench, code: str, asking: LoadOptions) -> float:
    """Seconds until everybody was in line."""
    if shutil.which("wrk") is None:
        raise SystemExit("This measure needs wrk: install it (Debian: apt-get install wrk).")
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - a program the user has installed
        wrk_argv(asking, "once"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as wrk:
        try:
            while bench.figures(code).in_line < MEMBERS:
                if time.perf_counter() - began > asking.seconds:
                    break
                time.sleep(0.2)
            return time.perf_counter() - began
        finally:
            wrk.send_signal(signal.SIGKILL)
