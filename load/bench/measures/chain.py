"""The whole chain: entering, admitting, issuing and reporting, at once; and from a full line."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

from application.apply_settings import apply_settings
from issuance import offers
from issuance.issued_coupons import list_holders
from load.bench.context import WIDE_OPEN, Bench, members
from load.bench.http_load import LoadOptions
from load.bench.measures.line import ENTRANTS_PER_S
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from waitroom.line import Line

CONNECTIONS = 256
COUPONS = 5_000_000
BACKLOG = 200_000
BATCH = 500
LOOK_EVERY_S = 0.05
GIVE_UP_S = 120.0
RAW = "raw inserts, 500 a statement"


def chain(bench: Bench) -> list[Summary]:
    """Members are admitted as soon as they enter, and each gets a coupon."""

    def one(_: int) -> list[Row]:
        code = bench.new_code()
        # In each round tokens that no process has verified before.
        crowd = bench.tokens(members(code, int(ENTRANTS_PER_S * bench.seconds)))
        bench.stage.offer(code, COUPONS, room=WIDE_OPEN)
        url = f"{bench.stage.base_url}/api/rooms/{code}/enter"
        began = time.perf_counter()
        with watched(bench.pids) as cores:
            seen = bench.ask(LoadOptions(url, CONNECTIONS, bench.seconds, "POST", crowd))
            last_entered = time.perf_counter()
            issued = _all_told(bench, code)
        drained_s = time.perf_counter() - last_entered
        wrong = _wrong(bench, code, issued)
        issued_per_s = issued / (time.perf_counter() - began)
        more = {
            "coupons told per s": issued_per_s,
            "mean ms": seen.mean_ms,
            "p99 ms": seen.p99_ms,
            "drained s after the last": drained_s,
            "errors": seen.errors,
            "wrong": wrong,
        } | {f"cores {name}": used for name, used in cores.items()}
        name = f"whole chain, {CONNECTIONS} connections entering"
        return [Row(name, seen.per_s, "enters/s", seen=more)]

    return rounds(bench.rounds, one)


def backlog(bench: Bench) -> list[Summary]:
    """A long line is already waiting when the room opens."""
    waiting = bench.at_most(BACKLOG)
    crowd = members("backlog", waiting)

    def one(_: int) -> list[Row]:
        raw = _raw_inserts(bench)
        code = bench.new_code()
        bench.stage.offer(code, COUPONS, room=replace(WIDE_OPEN, state="paused"))
        bench.console.print(f"Filling a line of {waiting:,} ...")
        bench.fill(code, crowd)
        began = time.perf_counter()
        with watched(bench.pids) as cores:
            _open(bench, code)
            issued = _all_told(bench, code)
        took_s = time.perf_counter() - began
        more = {"wrong": _wrong(bench, code, issued), "took s": took_s}
        more |= {f"cores {name}": used for name, used in cores.items()}
        name = f"from a line of {waiting:,}"
        return [Row(name, issued / took_s, "coupons/s", RAW, raw, more)]

    return rounds(bench.rounds, one)


def _all_told(bench: Bench, code: str) -> int:
    """Wait until all members who entered have an outcome. Returns their number."""

    async def watch(line: Line) -> int:
        deadline = time.monotonic() + GIVE_UP_S
        while True:
            figures = await line.room_stats(code)
            if figures.issued >= figures.entered or time.monotonic() > deadline:
                return int(figures.issued)
            await asyncio.sleep(LOOK_EVERY_S)

    return bench.with_line(watch)


def _wrong(bench: Bench, code: str, told: int) -> int:
    """The difference between the rows in Postgres and the members with a coupon."""
    entered = bench.figures(code).entered
    with bench.stage.postgres() as engine:
        rows = list_holders(engine, code)
        used = offers.get_offer(engine, code).coupon.inventory.used_count
    return (
        abs(len(rows) - told)
        + abs(len(rows) - entered)
        + len(rows)
        - len(set(rows))
        + abs(used - len(rows))
    )


def _open(bench: Bench, code: str) -> None:
    with bench.stage.postgres() as engine:
        changed = offers.change_offer(
            engine,
            code,
            lambda offer: (offer.coupon, WIDE_OPEN),
            who="bench",
            what="room changed",
            now=datetime.now(UTC),
        )
    bench.with_line(lambda line: apply_settings(line, changed))


def _raw_inserts(bench: Bench) -> float:
    """Rows a second that Postgres takes with nothing else to do, by the same kind of statement."""
    with bench.stage.postgres() as engine:
        with engine.begin() as tx:
            tx.execute(
                text("CREATE TABLE IF NOT EXISTS bench_raw (LIKE issued_coupons INCLUDING ALL)")
            )
            tx.execute(text("TRUNCATE bench_raw"))
        statement = text(
            "INSERT INTO bench_raw (id, coupon_id, member_id, status, issued_at, expire_date)"
            " SELECT gen_random_uuid(), CAST(:coupon AS uuid), m, 'UNUSED', now(), now()"
            " FROM unnest(CAST(:members AS text[])) AS m ON CONFLICT DO NOTHING"
        )
        began, written = time.perf_counter(), 0
        while time.perf_counter() - began < bench.seconds:
            some = members(f"raw-{written}", BATCH)
            given = {"coupon": "00000000-0000-0000-0000-000000000001", "members": some}
            with engine.begin() as tx:
                tx.execute(statement, given)
            written += BATCH
        took_s = time.perf_counter() - began
        with engine.begin() as tx:
            tx.execute(text("DROP TABLE bench_raw"))
    return written / took_s
