"""The board: what having one open costs, which must be the same however many wait.

Two rooms that differ in nothing but their lines are asked by turns, a second at a time: whatever
else the machine does meets both.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.room_settings import RoomSettings
from domain.settings_spec import GRACE_S_MAX
from issuance import audit, offers
from issuance.postgres.connection_stats import count_open_connections
from issuance.queue.job_queue import read_queue_status
from issuance.queue.redis_connection import open_queue_redis
from load.bench.context import Bench, members, run_baseline_server
from load.bench.history import write_history
from load.bench.http_load import LoadOptions
from load.bench.results import Row, Summary, rounds
from waitroom.line import Line
from waitroom.redis_io.constants import DECISIONS_MAX
from waitroom.stats.forecast import BOARD_OVER_S
from waitroom.stats.time_series import SERIES_S_MAX

LINES = (1_000, 1_000_000)
CONNECTIONS = 1
SLICE_S = 1.0
# Even, so that each of the two is the first as often.
ROUNDS_MIN = 6
READINGS = 20
UNIT = "ms a second"
# One a second: the line moves while it is looked at, and is as long at the end.
MOVES = RoomSettings(
    rate_per_s=1, burst=1, rate_mode="autopilot", rate_min_per_s=1, rate_max_per_s=1,
    grace_s=GRACE_S_MAX,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What an open board asks for: where, and how many times a second; 0 is once, at first."""

    name: str
    path: str
    per_s: float


PARTS = (
    Part("figures", "/admin/rooms/{code}/board", 1),
    Part("series of 5 s", "/api/admin/rooms/{code}/series?seconds=5", 1),
    Part("decisions, 20", "/api/admin/rooms/{code}/autopilot?at_most=20", 0.5),
    Part("decisions in words", "/admin/rooms/{code}/autopilot", 0.5),
    Part("page", "/admin/rooms/{code}", 0),
    Part("series of 900 s", f"/api/admin/rooms/{{code}}/series?seconds={SERIES_S_MAX}", 0),
    Part("decisions, 900", f"/api/admin/rooms/{{code}}/autopilot?at_most={DECISIONS_MAX}", 0),
)


def board(bench: Bench) -> list[Summary]:
    """Of the long line against the short one in the same round, ms of answering a second.

    What a process looks at once a second however many look (crew, connections, offers) is timed by
    itself: asked by HTTP as fast as it goes, it would hardly be seen.
    """
    token = bench.folder / "admin-token"
    token.write_text(bench.stage.environ["ADMIN_TOKEN"] + "\n")
    lines = [bench.at_most(waiting) for waiting in LINES]
    codes = [_room(bench, waiting) for waiting in lines]
    slice_s = min(SLICE_S, bench.seconds)

    def ask(part: Part, code: str) -> tuple[float, float]:
        url = bench.stage.base_url + part.path.format(code=code)
        seen = bench.ask(LoadOptions(url, CONNECTIONS, slice_s, tokens=token))
        return seen.mean_ms, seen.errors

    def one(number: int) -> list[Row]:
        bare = bench.ask(LoadOptions(f"{bare_url}/", CONNECTIONS, slice_s)).mean_ms
        # By turns: first one line, then the other, for each part anew.
        order = codes if number % 2 == 0 else codes[::-1]
        took: dict[str, dict[str, float]] = {code: {} for code in codes}
        errors = dict.fromkeys(codes, 0.0)
        for part in PARTS:
            for code in order:
                took[code][part.name], wrong = ask(part, code)
                errors[code] += wrong
        inside = {code: _inside(bench, code) for code in order}
        cost = {code: _a_second(took[code], inside[code]) for code in codes}
        seen = {
            code: {f"{name} ms": ms for name, ms in (took[code] | inside[code]).items()}
            | {"bare callable ms": bare, "errors": errors[code]}
            for code in codes
        }
        names = [f"an open board, {waiting:,} in line" for waiting in lines]
        short, long = (cost[code] for code in codes)
        return [
            Row(names[0], short, UNIT, seen=seen[codes[0]]),
            Row(names[1], long, UNIT, names[0], short, seen[codes[1]]),
        ]

    for part in PARTS:  # a process's first of each compiles the template
        for code in codes:
            ask(part, code)
    with run_baseline_server(bench) as bare_url:
        return rounds(max(ROUNDS_MIN, bench.rounds), one)


def _room(bench: Bench, waiting: int) -> str:
    """A moving room with a past, and `waiting` members in line. Raises RuntimeError."""
    code = bench.new_code()
    bench.stage.offer(code, 1_000_000, room=MOVES)
    bench.console.print(f"Filling a line of {waiting:,} ...")
    bench.fill(code, members("board", waiting))
    asyncio.run(write_history(bench.stage.environ["REDIS_URL"], code))
    series = bench.with_line(lambda line: line.series(code, SERIES_S_MAX))
    decisions = bench.with_line(lambda line: line.autopilot.decisions(code, at_most=DECISIONS_MAX))
    if not all(series.issued[:-1]) or len(decisions) != DECISIONS_MAX:
        raise RuntimeError("The board would be measured with an empty past.")
    return code


def _a_second(asked: dict[str, float], inside: dict[str, float]) -> float:
    """What an open board costs a second, once it has been opened."""
    behind = sum(inside[name] for name in ("crew", "connections", "offers"))
    return behind + sum(asked[part.name] * part.per_s for part in PARTS)


def _inside(bench: Bench, code: str) -> dict[str, float]:
    """Medians of what a board reads, each timed by itself and without HTTP, in ms."""
    stage = bench.stage
    with (
        stage.postgres() as engine,
        open_queue_redis(stage.environ["REDIS_URL"], timeout_s=5) as conveyor,
    ):
        behind: dict[str, Callable[[], object]] = {
            "crew": lambda: read_queue_status(conveyor, stage.environ["QUEUE_NAME"]),
            "connections": lambda: count_open_connections(engine),
            "offers": lambda: offers.list_offers(engine),
            "last change": lambda: audit.last_change(engine, code),
        }
        found = {
            name: _median_ms([_timed(read) for _ in range(READINGS)])
            for name, read in behind.items()
        }
    return found | bench.with_line(lambda line: _of_line(line, code))


async def _of_line(line: Line, code: str) -> dict[str, float]:
    reads: dict[str, Callable[[], Awaitable[object]]] = {
        "line's figures": lambda: line.room_stats(code, BOARD_OVER_S),
        "line's series": lambda: line.series(code, SERIES_S_MAX),
        "line's decisions": lambda: line.autopilot.decisions(code, at_most=DECISIONS_MAX),
    }
    took: dict[str, list[float]] = {name: [] for name in reads}
    for _ in range(READINGS):
        for name, read in reads.items():
            began = time.perf_counter()
            await read()
            took[name].append(time.perf_counter() - began)
    return {name: _median_ms(some) for name, some in took.items()}


def _timed(read: Callable[[], object]) -> float:
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


def _median_ms(took_s: list[float]) -> float:
    return statistics.median(took_s) * 1_000
