"""Report charts: a comparison's charts as data for uPlot (templates/report.js)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from load.compare.comparison import Comparison
from load.compare.results import Moment, WayResults

# Percentiles of the responses; most are high ones, where the ways differ.
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
LOOKS_MAX = 150

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """kind: its style in report.js. steps: draw a value until the next one, as a step."""

    name: str
    kind: str
    points: Sequence[Point]
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """key: of the page's element. x, y: titles of the axes. description: for screen readers.

    labels: of x, instead of 0, 1, 2 ... is_log: whether y is logarithmic.
    """

    key: str
    title: str
    description: str
    x: str
    y: str
    lines: Sequence[Line]
    labels: Sequence[str] = ()
    is_log: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def charts_of(made: Comparison) -> list[Chart]:
    """All charts of a report, in the order of the page."""
    connections = [connections_over_time(measured) for measured in made.ways]
    return [issued_over_time(made), knew_over_time(made), answer_times(made), *connections]


def issued_over_time(made: Comparison) -> Chart:
    """Coupons in Postgres over time."""
    lines = [
        Line(m.way, m.way, [(p.at_s, p.issued) for p in m.moments if p.at_s >= 0], steps=True)
        for m in made.ways
    ]
    description = "; ".join(
        f"{m.way}: the last of {m.moments[-1].issued:,} after {m.issued_within_s:.1f} s"
        for m in made.ways
        if m.issued_within_s is not None
    )
    x = "seconds since the first member set out"
    title = "Coupons issued over time"
    return Chart("issued", title, f"{description}.", x, "coupons issued", lines)


def knew_over_time(made: Comparison) -> Chart:
    """The share of members who knew their outcome, by the time since they set out."""
    longest_s = max((_knew(m)[-1][0] for m in made.ways if m.known_curve_ms), default=0.0)
    lines = [
        # Extend each line to the right edge at 100 %.
        Line(m.way, m.way, [*_knew(m), (longest_s, 100)] if m.known_curve_ms else [])
        for m in made.ways
    ]
    description = "; ".join(
        f"{m.way}: half after {m.known.p50_ms / 1_000:.1f} s, 99 % after "
        f"{m.known.p99_ms / 1_000:.1f} s"
        for m in made.ways
    )
    title, x = "Members who knew their outcome", "seconds since a member set out"
    return Chart("knew", title, f"{description}.", x, "% of the members who know", lines)


def _knew(m: WayResults) -> list[Point]:
    return [(ms / 1_000, 100 * share) for share, ms in m.known_curve_ms]


def answer_times(made: Comparison) -> Chart:
    """Response times by percentile, on a logarithmic scale."""
    curves = {m.way: dict(m.answer_curve_ms) for m in made.ways if m.answer_curve_ms}
    lines = [
        # A logarithmic scale has no 0.
        Line(way, way, [(n, max(0.1, _nearest(share, curve))) for n, share in enumerate(SHARES)])
        for way, curve in curves.items()
    ]
    description = "; ".join(
        f"{m.way}: half within {m.answer.p50_ms:,.0f} ms, 99 % within {m.answer.p99_ms:,.0f} ms"
        for m in made.ways
    )
    return Chart(
        "answers",
        "Response times",
        f"{description}.",
        "percentile of the responses",
        "response time, ms",
        lines,
        labels=[{0.0: "min", 1.0: "max"}.get(share, f"{100 * share:g}") for share in SHARES],
        is_log=True,
    )


def _nearest(share: float, curve: dict[float, float]) -> float:
    return curve[min(curve, key=lambda known: abs(known - share))]


def connections_over_time(m: WayResults) -> Chart:
    """The connections to Postgres of one way during the run."""
    during = [p for p in m.moments if 0 <= p.at_s <= m.took_s]
    lines = [
        Line("bound", "bound", [(0, m.connections_bound), (m.took_s, m.connections_bound)]),
        Line("open", "open", [(p.at_s, p.open) for p in during], steps=True),
        Line("busy", "busy", _most_of(during), steps=True),
    ]
    description = (
        f"At most {m.connections_max} connections were open and {m.busy_max} busy; the bound is "
        f"{m.connections_bound}."
    )
    title, x = f"Database connections, {m.way}", "seconds since the first member set out"
    return Chart(f"held-{m.way}", title, description, x, "connections", lines)


def _most_of(during: Sequence[Moment]) -> list[Point]:
    """The most busy connections in each of about LOOKS_MAX intervals."""
    looks = [(p.at_s, p.busy) for p in during]
    size = max(1, len(looks) // LOOKS_MAX)
    stretches = [looks[n : n + size] for n in range(0, len(looks), size)]
    return [(stretch[0][0], max(busy for _, busy in stretch)) for stretch in stretches]
