"""Report: prints a verdict as a table or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from load.crowd.observations import Timings
from load.crowd.verdict import Latency, Verdict
from processes.stores import print_json


def print_verdict(told: Verdict, timings: Timings, took_s: float, *, as_json: bool = False) -> None:
    enter, place = Latency.from_times(timings.enter), Latency.from_times(timings.place)
    if as_json:
        whole: dict[str, Any] = asdict(told) | {"is_good": told.is_good, "took_s": round(took_s, 1)}
        print_json(whole | {"enter": asdict(enter), "place": asdict(place)})
        return
    table = Table.grid(padding=(0, 3))
    unknown = "unknown, since DATABASE_URL is not set or Postgres is unreachable,"
    rows = unknown if told.rows is None else f"{told.rows:,}"
    for name, value in (
        ("members", f"{told.members:,}"),
        ("got a coupon", f"{told.issued:,}"),
        ("were refused", f"{told.refused:,}"),
        ("waited in line", f"{told.waited:,}"),
        ("429 and 503 answers", f"{told.turned_back:,}"),
        ("rows in Postgres", f"{rows} of {told.total_count:,}"),
        ("failed", told.failed),
        ("over-issued", told.over_issued),
        ("members with two coupons", told.twice),
        ("overtaken", told.overtaken),
        ("a place got worse", told.place_rose),
        ("outcome without a row", told.told_without_row),
        ("row without an outcome", told.row_untold),
        ("enter", _ms(enter)),
        ("place", _ms(place)),
        ("took", f"{took_s:.1f} s"),
    ):
        if value is not None:
            table.add_row(name, str(value))
    out = Console()
    out.print(table)
    for error, count in told.errors:
        out.print(f"{count:,} x {error}", markup=False)
    good, bad = "[green]Every promise was kept.[/green]", "[red]A promise was broken.[/red]"
    out.print(good if told.is_good else bad)


def _ms(one: Latency) -> str | None:
    if not one.requests:
        return None
    times = f"mean {one.mean_ms} ms, p50 {one.p50_ms} ms, p99 {one.p99_ms} ms"
    return f"{one.requests:,} requests, {times}"
