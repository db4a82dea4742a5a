"""Draws docs/autopilot.svg: the autopilot beside a fixed rate while the database is slower.

    .venv/bin/python -m docs.make_autopilot_chart             draws the runs in docs/autopilot.json
    .venv/bin/python -m docs.make_autopilot_chart --measure   makes new ones first, in 3 minutes

from the checkout's own folder. The table in docs/autopilot.md is of the same runs: after a new
measurement, write its figures there.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from load.bench.__main__ import ENVIRON
from load.bench.context import Bench
from load.bench.measures.autopilot import FAST_S, LATENCY_BOUND_MS, SLOW_S, Run, run_both
from processes.local_stack import LocalStack, ProcessCounts
from processes.open_files import raise_limit

RUNS = Path(__file__).with_name("autopilot.json")
PICTURE = RUNS.with_suffix(".svg")
WIDTH_PX, HEAD_PX, CHART_PX = 520, 44, 230
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 84, 502, 14, 178
TICKS_MAX = 5
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#4a5560}.axis{font-weight:600}.key{fill:#1d2429}"
    ".page{fill:#fff}.grid{stroke:#d9dee3;fill:none}.run{fill:none;stroke-width:2}"
    ".autopilot{stroke:#0c6a56}.manual{stroke:#c2410c}.slower{fill:#fde8d7}"
    ".bound{stroke:#4a5560;stroke-dasharray:5 4}"
    "@media(prefers-color-scheme:dark){text{fill:#b7c2c0}.key{fill:#e8eeed}.page{fill:#14201f}"
    ".grid{stroke:#39474a}.autopilot{stroke:#6fd0b5}.manual{stroke:#f4a27a}"
    ".slower{fill:#43302a}.bound{stroke:#b7c2c0}}"
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """field: of a run, as in docs/autopilot.json. bound: drawn as a line of its own."""

    field: str
    title: str
    bound: float | None = None


CHARTS = (
    Chart("rate_per_s", "admissions a second"),
    Chart("latency_p95_ms", "commit p95, ms", LATENCY_BOUND_MS),
    Chart("queue_age_s", "s the oldest job waits"),
)


def measure() -> dict[str, Any]:
    """Both runs, on servers of their own."""
    raise_limit()
    counts = ProcessCounts(web_processes=1, workers=1, environ=ENVIRON)
    with tempfile.TemporaryDirectory() as folder, LocalStack(counts) as stage:
        runs = run_both(Bench(stage, Path(folder), 1, 1.0, Console(stderr=True)))
    return {
        "measured_at": f"{datetime.now(UTC):%Y-%m-%d}",
        "runs": [_record(run) for run in runs],
    }


def _record(run: Run) -> dict[str, Any]:
    points = {
        chart.field: [
            (round(look.at_s, 2), round(value, 2))
            for look in run.looks
            if (value := getattr(look, chart.field)) is not None
        ]
        for chart in CHARTS
    }
    return {"name": run.name, "kind": run.kind, **points}


def draw(runs: Sequence[dict[str, Any]]) -> str:
    """The SVG of these runs: a chart below the other, on one axis of time."""
    height = HEAD_PX + CHART_PX * len(CHARTS)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" role="img">',
        f"<title>{escape(_description(runs))}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH_PX}" height="{height}"/>',
        *_key(runs),
    ]
    for number, chart in enumerate(CHARTS):
        lines += [f'<g transform="translate(0 {HEAD_PX + CHART_PX * number})">']
        lines += [*_chart(chart, runs), "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _description(runs: Sequence[dict[str, Any]]) -> str:
    return "; ".join(
        f"{chart.title}, at most: "
        + ", ".join(f"{run['name']} {_most(chart, [run]):g}" for run in runs)
        for chart in CHARTS
    )


def _most(chart: Chart, runs: Sequence[dict[str, Any]]) -> float:
    return max(value for run in runs for _, value in run[chart.field])


def _key(runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    x = 24
    for run in runs:
        yield f'<path class="run {run["kind"]}" d="M{x} 22h24"/>'
        yield f'<text class="key" x="{x + 30}" y="27">{escape(run["name"])}</text>'
        x += 60 + 7 * len(run["name"])
    yield f'<rect class="slower" x="{x}" y="14" width="16" height="16"/>'
    yield f'<text class="key" x="{x + 22}" y="27">slower database</text>'


def ticks(most: float) -> list[float]:
    """From 0 to the first round number that is not below `most`, at most TICKS_MAX steps."""
    size = 10 ** math.floor(math.log10(most / TICKS_MAX))
    step = next(size * one for one in (1, 2, 5, 10) if size * one * TICKS_MAX >= most)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def _chart(chart: Chart, runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    values = ticks(max(_most(chart, runs), chart.bound or 0))
    seconds = ticks(max(at_s for run in runs for at_s, _ in run[chart.field]))

    def x(at_s: float) -> float:
        return round(LEFT_PX + (RIGHT_PX - LEFT_PX) * at_s / seconds[-1], 1)

    def y(value: float) -> float:
        return round(BOTTOM_PX - (BOTTOM_PX - TOP_PX) * value / values[-1], 1)

    slow_px = round(x(FAST_S + SLOW_S) - x(FAST_S), 1)
    height = BOTTOM_PX - TOP_PX
    yield f'<rect class="slower" x="{x(FAST_S)}" y="{TOP_PX}" width="{slow_px}" height="{height}"/>'
    for value in values:
        yield f'<path class="grid" d="M{LEFT_PX} {y(value)}H{RIGHT_PX}"/>'
        yield f'<text x="{LEFT_PX - 8}" y="{y(value) + 5}" text-anchor="end">{value:g}</text>'
    for at_s in seconds:
        yield f'<text x="{x(at_s)}" y="{BOTTOM_PX + 20}" text-anchor="middle">{at_s:g}</text>'
    yield f'<text class="axis" x="293" y="{BOTTOM_PX + 42}" text-anchor="middle">seconds</text>'
    turned = 'text-anchor="middle" transform="rotate(-90 14 96)"'
    yield f'<text class="axis" x="14" y="96" {turned}>{escape(chart.title)}</text>'
    if chart.bound is not None:
        yield f'<path class="bound" d="M{LEFT_PX} {y(chart.bound)}H{RIGHT_PX}"/>'
    for run in runs:
        way = "L".join(f"{x(at_s)} {y(value)}" for at_s, value in run[chart.field])
        yield f'<path class="run {run["kind"]}" d="M{way}"/>'


def main(arguments: Sequence[str]) -> None:
    if list(arguments) not in ([], ["--measure"]):
        sys.exit(__doc__)
    if arguments:
        RUNS.write_text(json.dumps(measure(), separators=(",", ":")) + "\n")
    PICTURE.write_text(draw(json.loads(RUNS.read_text())["runs"]))


if __name__ == "__main__":
    main(sys.argv[1:])
