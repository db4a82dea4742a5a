"""What the product does in a second, compared with what the machine can do in the same run.

`python3 run.py bench` runs all measures; `python3 run.py bench enter place` runs these two. Servers
are embedded, or those of DATABASE_URL and REDIS_URL.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from load.bench import http_load, process_usage
from load.bench.context import Bench
from load.bench.measures.autopilot import autopilot
from load.bench.measures.board import board
from load.bench.measures.chain import backlog, chain
from load.bench.measures.check import check
from load.bench.measures.direct import pessimistic
from load.bench.measures.limits import limits
from load.bench.measures.line import enter, place
from load.bench.measures.million import million
from load.bench.measures.pages import page
from load.bench.measures.passes import passes
from load.bench.measures.reload_storm import reload_storm
from load.bench.measures.replicas import replicas
from load.bench.measures.servers import servers
from load.bench.measures.sse import live, pages
from load.bench.measures.token_forms import token_forms
from load.bench.measures.visits import visit
from load.bench.results import Summary
from passes.pem import make_private_key
from processes.local_stack import LocalStack, ProcessCounts
from processes.open_files import raise_limit

MEASURES: dict[str, Callable[[Bench], list[Summary]]] = {
    "enter": enter,
    "replicas": replicas,
    "place": place,
    "tokens": token_forms,
    "passes": passes,
    "visit": visit,
    "page": page,
    "reload-storm": reload_storm,
    "check": check,
    "chain": chain,
    "backlog": backlog,
    "pessimistic": pessimistic,
    "live": live,
    "pages": pages,
    "million": million,
    "board": board,
    "limits": limits,
    "servers": servers,
    "autopilot": autopilot,
}
# The measure of streams must not reach the limit on open streams.
ENVIRON = {"LIVE_STREAMS_MAX": "20000", "BACKLOG_MAX": "200", "LEASE_S": "120"}
# All askers are this machine, which has no limits: but for what names others, as a proxy does.
ENVIRON |= {"FORWARDED_ALLOW_IPS": "127.0.0.1"}
# For the passes of a site's visitors.
ENVIRON |= {"PASS_KEYS": make_private_key("ES256"), "BASE_URL": "http://127.0.0.1"}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.command(help=__doc__)
def bench(
    measures: Annotated[
        list[str] | None, typer.Argument(help=", ".join(MEASURES) + "; default: all.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds; prints the medians.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="Length of a round.")] = 5.0,
    processes: Annotated[int, typer.Option(min=1, max=16, help="Web processes.")] = 2,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Workers.")] = 2,
    streams: Annotated[
        int, typer.Option(min=1, max=15_000, help="Open streams of `live`.")
    ] = 1_000,
    keep: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    unknown = [name for name in measures or [] if name not in MEASURES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(MEASURES)}")
    raise_limit()
    found: dict[str, list[Summary]] = {}
    for name in measures or MEASURES:
        console.rule(name)
        found[name] = _measured(MEASURES[name], rounds, seconds, processes, workers, streams)
        console.print(table(found[name]))
        if keep is not None:
            keep.write_text(json.dumps(record(found), indent=2) + "\n")


def _measured(
    measure: Callable[[Bench], list[Summary]],
    rounds: int,
    seconds: float,
    processes: int,
    workers: int,
    streams: int,
) -> list[Summary]:
    """Run the measure on a new stack, so that no measure finds data of another."""
    cast = ProcessCounts(web_processes=processes, workers=workers, environ=ENVIRON)
    with tempfile.TemporaryDirectory() as folder, LocalStack(cast) as stage:
        return measure(Bench(stage, Path(folder), rounds, seconds, console, streams))


def table(summaries: list[Summary]) -> Table:
    """Medians of all rounds, with the smallest and largest in brackets, and further figures."""
    made = Table("measure", "median", "compared with", "ratio", "also seen", title_justify="left")
    for one in summaries:
        span = f"\n({one.least:,.0f} to {one.most:,.0f})" if one.least != one.most else ""
        against = f"{one.against}: {one.baseline:,.0f}" if one.baseline else one.against
        seen = ", ".join(f"{name} {_number(value)}" for name, value in one.seen.items())
        ratio = f"{one.ratio:.2f}" if one.ratio is not None else ""
        made.add_row(one.name, f"{_number(one.value)} {one.unit}{span}", against, ratio, seen)
    return made


def record(found: dict[str, list[Summary]]) -> dict[str, object]:
    """The figures to store, with the machine and the load generator."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": process_usage.described(),
        "generator": http_load.name(),
        "measures": {name: [asdict(one) for one in some] for name, some in found.items()},
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}"


if __name__ == "__main__":
    app()
