"""The board: what one reading of it costs, which must be the same however many wait."""

from __future__ import annotations

import asyncio
import statistics

from load.generator import Asking
from load.measures.bench import WIDE_OPEN, Bench, bare_server, members
from load.measures.row import Row, Summary, rounds
from waitroom.line import Line
from waitroom.series import SERIES_S_MAX
from web.pages.admin.going import BOARD_OVER_S

LINES = (1_000, 1_000_000)
CONNECTIONS = 1
READINGS = 50
WARM_S = 1.0


def board(bench: Bench) -> list[Summary]:
    """The page's fragment by HTTP, and what the line's part of it takes, in ms."""
    found: list[Summary] = []
    for waiting in LINES:
        code = bench.new_code()
        bench.stage.offer(code, 1_000_000, room=WIDE_OPEN.change(state="paused"))
        bench.console.print(f"Filling a line of {waiting:,} ...")
        bench.fill(code, members("board", waiting))

        def one(_: int, code: str = code, waiting: int = waiting) -> list[Row]:
            with bare_server(bench) as bare_url:
                bare = bench.ask(Asking(f"{bare_url}/", CONNECTIONS, bench.seconds))
            url = f"{bench.stage.base_url}/admin/rooms/{code}/board"
            token = bench.folder / "admin-token"
            token.write_text(bench.stage.environ["ADMIN_TOKEN"] + "\n")
            # A process's first board compiles the template and looks behind the stage.
            bench.ask(Asking(url, CONNECTIONS, WARM_S, tokens=token))
            seen = bench.ask(Asking(url, CONNECTIONS, bench.seconds, tokens=token))
            figures_ms, series_ms = bench.with_line(lambda line: _timed(line, code))
            more = {
                "p99 ms": seen.p99_ms,
                "errors": seen.errors,
                "figures ms": figures_ms,
                "series of 900 s ms": series_ms,
            }
            name = f"board, {waiting:,} in line"
            return [Row(name, seen.mean_ms, "ms", "bare callable, ms", bare.mean_ms, more)]

        found += rounds(bench.rounds, one)
    return found


async def _timed(line: Line, code: str) -> tuple[float, float]:
    """Medians of so many readings of the figures and of a whole series, in ms."""
    loop = asyncio.get_running_loop()
    figures, series = [], []
    for _ in range(READINGS):
        began = loop.time()
        await line.figures(code, BOARD_OVER_S)
        between = loop.time()
        await line.series(code, SERIES_S_MAX)
        figures.append(between - began)
        series.append(loop.time() - between)
    return statistics.median(figures) * 1_000, statistics.median(series) * 1_000
