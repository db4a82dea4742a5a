"""The plot of two runs, one with the autopilot and one at a fixed rate, as an SVG by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.compare.axis import linear
from cli.compare.chart import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Line, Scale, chart

HEIGHT = 230
HEAD = 44
STYLE = (
    "svg{font-family:system-ui,sans-serif}.page{fill:#fff}.grid{stroke:#d9dee3;fill:none}"
    ".tick,.axis{font-size:13px;fill:#4a5560}.axis{font-weight:600}.line{fill:none;stroke-width:2}"
    ".autopilot{stroke:#0c6a56}.manual{stroke:#c2410c}.bound{stroke:#4a5560;stroke-dasharray:5 4}"
    ".slower{fill:#fde8d7}.key{font-size:14px;fill:#1d2429}"
)


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
    """kind: a class of the style."""

    name: str
    kind: str
    looks: Sequence[Look]


def plot(runs: Sequence[Run], bound_ms: float, slow_s: tuple[float, float]) -> str:
    """Rate, latency and queue one below the other; `slow_s` is shaded in each."""
    charts = [
        _chart(runs, "rate", "admissions a second", lambda one: one.rate_per_s, slow_s),
        _chart(runs, "latency", "commit p95, ms", lambda one: one.latency_p95_ms, slow_s, bound_ms),
        _chart(runs, "queue", "s the oldest job waits", lambda one: one.queue_age_s, slow_s),
    ]
    height = HEAD + HEIGHT * len(charts)
    placed = [
        one.replace("<svg ", f'<svg y="{HEAD + n * HEIGHT}" width="{WIDTH}" height="{HEIGHT}" ', 1)
        for n, one in enumerate(charts)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}"><style>{STYLE}</style>'
        f'<rect class="page" width="{WIDTH}" height="{height}"/>{_key(runs)}{"".join(placed)}</svg>'
    )


def _key(runs: Sequence[Run]) -> str:
    drawn = []
    for n, run in enumerate(runs):
        x = 24 + n * 120
        drawn.append(f'<path class="line {run.kind}" d="M{x} 22h24"/>')
        drawn.append(f'<text class="key" x="{x + 30}" y="27">{run.name}</text>')
    drawn.append(f'<rect class="slower" x="{WIDTH - 118}" y="14" width="16" height="16"/>')
    drawn.append(f'<text class="key" x="{WIDTH - 96}" y="27">slower</text>')
    return "".join(drawn)


def _chart(
    runs: Sequence[Run],
    key: str,
    name: str,
    value: Callable[[Look], float | None],
    slow_s: tuple[float, float],
    bound: float | None = None,
) -> str:
    across, x_ticks = linear(max(run.looks[-1].at_s for run in runs), LEFT, WIDTH - RIGHT)
    lines = [
        Line(run.name, run.kind, [(o.at_s, v) for o in run.looks if (v := value(o)) is not None])
        for run in runs
    ]
    most = max([up for line in lines for _, up in line.points] + [bound or 0.0])
    axis, ticks = linear(most, HEIGHT - BOTTOM, TOP)
    if bound is not None:
        lines.append(Line("bound", "bound", [(0, bound), (across.high, bound)]))
    x, y = Scale("seconds", across, x_ticks), Scale(name, axis, ticks)
    peaks = "; ".join(
        f"{line.name}: at most {max(up for _, up in line.points):,.1f}"
        for line in lines[: len(runs)]
    )
    drawn = chart(key, name, f"{peaks}.", x, y, lines, height=HEIGHT)
    left, right = (across.at(second) for second in slow_s)
    shade = (
        f'<rect class="slower" x="{left}" y="{TOP}" width="{right - left:g}" '
        f'height="{HEIGHT - BOTTOM - TOP}"/>'
    )
    return drawn.replace("</desc>", f"</desc>{shade}", 1)
