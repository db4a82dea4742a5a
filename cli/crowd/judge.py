"""Judge: sends the crowd, holds what it was told against Postgres, and says so."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.crowd.member import Seen, Timings
from cli.crowd.options import CrowdOptions
from cli.crowd.run import fetch_coupon, run_crowd
from cli.crowd.verdict import Latency, Verdict, verdict
from cli.home import with_running_demo
from cli.open_files import raise_limit
from cli.settings import BadSettings, TokenSettings, read
from cli.stores import postgres, print_json
from issuance.errors import OfficeError
from issuance.ledger import holders
from web.identity import Identity

console = Console(stderr=True)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def send_and_judge(options: CrowdOptions, *, anywhere: bool, as_json: bool) -> int:
    """0 where every promise was kept, else 1. Raises BadSettings where nothing could be sent."""
    environ = with_running_demo(dict(os.environ))
    base_url = options.base_url or environ.get("BASE_URL") or "http://127.0.0.1:8000"
    options = replace(options, base_url=base_url)
    if urlsplit(base_url).hostname not in LOOPBACK and not anywhere:
        raise BadSettings(f"{base_url} is not this machine. If it is yours, say --anywhere.")
    identity = Identity(read(TokenSettings, environ).MEMBER_TOKEN_SECRETS, "")
    raise_limit()
    began = time.monotonic()
    try:
        coupon = asyncio.run(fetch_coupon(base_url, options.code))
        seen, timings = _watched(options, identity, direct=coupon["issuing"] != "queue")
    except aiohttp.ClientError as error:
        raise BadSettings(f"There is no server at {base_url}: {error}") from None
    except KeyError as error:
        raise BadSettings(str(error.args[0])) from None
    rows = _rows(environ, options.code)
    told = verdict(seen, total_count=int(str(coupon["total_count"])), holders=rows)
    _say(told, timings, time.monotonic() - began, as_json=as_json)
    return 0 if told.is_good else 1


def _watched(
    options: CrowdOptions, identity: Identity, *, direct: bool
) -> tuple[list[Seen], Timings]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[green]{task.fields[issued]:,} got one[/green]"),
        TextColumn("{task.fields[refused]:,} were refused"),
        TextColumn("[red]{task.fields[failed]:,} failed[/red]"),
        console=console,
    )
    counts: dict[str, Any] = {"issued": 0, "refused": 0, "failed": 0}
    with progress:
        task = progress.add_task("told", total=options.members, **counts)

        def seen(one: Seen) -> None:
            counts[one.final] += 1
            progress.update(task, advance=1, **counts)

        def mint(member_id: str) -> str:
            return identity.mint(member_id, valid_s=int(options.give_up_s) + 600)

        return asyncio.run(run_crowd(options, mint, direct=direct, seen=seen))


def _rows(environ: dict[str, str], code: str) -> list[str] | None:
    """Postgres's own list, where we know where Postgres is and it still answers."""
    if not environ.get("DATABASE_URL") and not environ.get("DATABASE_URL_FILE"):
        return None
    try:
        with postgres(environ) as engine:
            return holders(engine, code)
    except OfficeError:
        return None


def _say(told: Verdict, timings: Timings, took_s: float, *, as_json: bool) -> None:
    enter, place = Latency.of(timings.enter), Latency.of(timings.place)
    if as_json:
        whole: dict[str, Any] = asdict(told) | {"is_good": told.is_good, "took_s": round(took_s, 1)}
        print_json(whole | {"enter": asdict(enter), "place": asdict(place)})
        return
    table = Table.grid(padding=(0, 3))
    rows = "not looked at: Postgres is not known or away" if told.rows is None else f"{told.rows:,}"
    for name, value in (
        ("members", f"{told.members:,}"),
        ("got a coupon", f"{told.issued:,}"),
        ("were refused", f"{told.refused:,}"),
        ("waited in line", f"{told.waited:,}"),
        ("rows in Postgres", f"{rows} of {told.total_count:,}"),
        ("failed", told.failed),
        ("over-issued", told.over_issued),
        ("twice", told.twice),
        ("overtaken", told.overtaken),
        ("a place got worse", told.place_rose),
        ("told without a row", told.told_without_row),
        ("a row but not told", told.row_untold),
        ("enter", _ms(enter)),
        ("place", _ms(place)),
        ("took", f"{took_s:.1f} s"),
    ):
        table.add_row(name, str(value))
    out = Console()
    out.print(table)
    for error, count in told.errors:
        out.print(f"{count:,} x {error}", markup=False)
    good, bad = "[green]Every promise was kept.[/green]", "[red]A promise was broken.[/red]"
    out.print(good if told.is_good else bad)


def _ms(one: Latency) -> str:
    times = f"mean {one.mean_ms} ms, p50 {one.p50_ms} ms, p99 {one.p99_ms} ms"
    return f"{one.requests:,} requests, {times}"
