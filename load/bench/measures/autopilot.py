"""Compares the autopilot with a fixed rate while the database is slower for a while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from application.apply_settings import apply_settings
from domain.room_settings import RoomSettings
from domain.settings_spec import RateMode
from issuance import offers
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.queue.redis_connection import open_queue_redis
from load.bench.context import Bench, members
from load.bench.results import Row, Summary
from load.bench.slow_database import make_slowable, slow_down
from waitroom.autopilot import recent_latency
from waitroom.line import Line

RATE_PER_S = 400.0
RATE_MIN_PER_S = 10.0
LATENCY_BOUND_MS = 250
SLOW_MS_PER_ROW = 8.0  # so that it bears 125 a second
FAST_S, SLOW_S, AFTER_S = 10.0, 30.0, 30.0
SETTLES_S = 5.0  # the first of the slow ones are not counted
LOOK_EVERY_S = 0.25
IN_LINE = 40_000


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment: the rate in force, what came of it, and what waited."""

    at_s: float
    rate_per_s: float
    issued_per_s: float
    latency_p95_ms: float | None
    queue_age_s: float
    under_way: int


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    kind: RateMode
    looks: Sequence[Look]


def autopilot(bench: Bench) -> list[Summary]:
    """Two runs on the same stage, 70 s each, whatever the options say."""
    return [Summary.from_rows([_row(run)]) for run in run_both(bench)]


def run_both(bench: Bench) -> list[Run]:
    """On autopilot, then at the fixed rate; `docs/make_autopilot_chart.py` draws both."""
    with bench.stage.postgres() as engine:
        make_slowable(engine)
    return [_run(bench, "autopilot"), _run(bench, "manual")]


def _run(bench: Bench, mode: RateMode) -> Run:
    name = "autopilot" if mode == "autopilot" else f"fixed rate, {RATE_PER_S:.0f} a second"
    bench.console.print(f"{name} ...")
    code = bench.new_code()
    room = RoomSettings(
        rate_per_s=RATE_PER_S,
        burst=1,
        seats=100_000,
        rate_mode=mode,
        rate_min_per_s=RATE_MIN_PER_S,
        rate_max_per_s=RATE_PER_S,
        latency_bound_ms=LATENCY_BOUND_MS,
        state="paused",
    )
    bench.stage.offer(code, 2 * IN_LINE, room=room)
    bench.fill(code, members(mode, bench.at_most(IN_LINE)))
    looks = []
    with bench.stage.postgres() as engine:
        _turn(bench, code, "open")
        began_s = time.monotonic()
        for at_s, ms_per_row in ((FAST_S, 0.0), (FAST_S + SLOW_S, SLOW_MS_PER_ROW)):
            slow_down(engine, ms_per_row)
            looks += _watch(bench, code, began_s, at_s)
        slow_down(engine, 0.0)
        looks += _watch(bench, code, began_s, FAST_S + SLOW_S + AFTER_S)
    _turn(bench, code, "closed")
    _wait_until_through(bench, code)
    return Run(name, mode, looks)


def _watch(bench: Bench, code: str, began_s: float, until_s: float) -> list[Look]:
    limits = JobQueueLimits()
    with open_queue_redis(bench.stage.environ["REDIS_URL"], timeout_s=5) as conveyor:
        desk = JobQueue(conveyor, queue=bench.stage.environ["QUEUE_NAME"], limits=limits)

        async def look(line: Line) -> Look:
            watched = await line.autopilot.read_room(code)
            figures = await line.room_stats(code)
            p95_ms, issued_per_s = recent_latency(watched.batches, watched.now_s)
            backlog = desk.backlog()
            return Look(
                at_s=time.monotonic() - began_s,
                rate_per_s=figures.rate_in_force_per_s,
                issued_per_s=issued_per_s,
                latency_p95_ms=p95_ms,
                queue_age_s=backlog.oldest_s,
                under_way=figures.seats_in_use,
            )

        looks = []
        while time.monotonic() - began_s < until_s:
            looks.append(bench.with_line(look))
            time.sleep(LOOK_EVERY_S)
    return looks


def _turn(bench: Bench, code: str, state: str) -> None:
    with bench.stage.postgres() as engine:
        changed = offers.change_offer(
            engine,
            code,
            lambda offer: (offer.coupon, offer.settings and offer.settings.change(state=state)),
            who="bench",
            what="room changed",
            now=datetime.now(UTC),
        )
    bench.with_line(lambda line: apply_settings(line, changed))


def _wait_until_through(bench: Bench, code: str) -> None:
    """Wait until the queue is empty, for the next run."""
    deadline = time.monotonic() + 120
    while bench.figures(code).seats_in_use and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)


def _row(run: Run) -> Row:
    """The greatest age of a job, and further figures, while the database was slower."""
    slow = [one for one in run.looks if FAST_S + SETTLES_S <= one.at_s < FAST_S + SLOW_S]
    before = [one.rate_per_s for one in run.looks if one.at_s < FAST_S]
    down = [one.at_s for one in run.looks if one.at_s > FAST_S and one.rate_per_s <= 125]
    back_at_s = FAST_S + SLOW_S
    back = [o.at_s for o in run.looks if o.at_s > back_at_s and o.rate_per_s >= 0.9 * before[-1]]
    seen = {
        "rate while slower": statistics.mean(one.rate_per_s for one in slow),
        "issued per s while slower": statistics.mean(one.issued_per_s for one in slow),
        "commit p95 ms at most": max(one.latency_p95_ms or 0.0 for one in run.looks),
        "under way at most": max(one.under_way for one in run.looks),
    }
    if run.kind == "autopilot":
        # NaN can't be compared or printed well; a time after the run means never.
        seen["down after s"] = (down or [FAST_S + 99])[0] - FAST_S
        seen["back after s"] = (back or [back_at_s + 99])[0] - back_at_s
    oldest_s = max(one.queue_age_s for one in run.looks)
    return Row(run.name, oldest_s, "s the oldest job waited at most", seen=seen)
