"""What a report draws of a comparison, as data for uPlot (templates/report.js)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from load.compare.comparison import Comparison
from load.compare.results import Moment, WayResults

# The upper shares of the answers, which is where ways differ, one beside the other.
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
LOOKS_MAX = 150

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """kind: names its pen in report.js. steps: a value holds until the next one."""

    name: str
    kind: str
    points: Sequence[Point]
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """key: of the page's element. x, y: what the axes show. description: for who can't see it.

    labels: written along x in place of 0, 1, 2 ... is_log: whether y is logarithmic.
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
    """All of a report, in the order of the page."""
    held = [connections_over_time(measured) for measured in made.ways]
    return [issued_over_time(made), knew_over_time(made), answer_times(made), *held]


def issued_over_time(made: Comparison) -> Chart:
    """Coupons in Postgres, second by second."""
    lines = [
        Line(m.way, m.way, [(p.at_s, p.issued) for p in m.moments if p.at_s >= 0], steps=True)
        for m in made.ways
    ]
    said = "; ".join(
        f"{m.way}: the last of {m.moments[-1].issued:,} after {m.issued_within_s:.1f} s"
        for m in made.ways
        if m.issued_within_s is not None
    )
    x = "seconds since the first member set out"
    return Chart("issued", "Coupons issued over time", f"{said}.", x, "coupons issued", lines)


def knew_over_time(made: Comparison) -> Chart:
    """How many of the members knew their outcome, by how long ago they had set out."""
    longest_s = max((_knew(m)[-1][0] for m in made.ways if m.known_curve_ms), default=0.0)
    lines = [
        # To the edge: once all know, all know.
        Line(m.way, m.way, [*_knew(m), (longest_s, 100)] if m.known_curve_ms else [])
        for m in made.ways
    ]
    said = "; ".join(
        f"{m.way}: half after {m.known.p50_ms / 1_000:.1f} s, 99 % after "
        f"{m.known.p99_ms / 1_000:.1f} s"
        for m in made.ways
    )
    title, x = "Members who knew their outcome", "seconds since a member set out"
    return Chart("knew", title, f"{said}.", x, "% of the members who know", lines)


def _knew(m: WayResults) -> list[Point]:
    return [(ms / 1_000, 100 * share) for share, ms in m.known_curve_ms]


def answer_times(made: Comparison) -> Chart:
    """Milliseconds an answer took, from the fastest to the slowest, on a logarithmic scale."""
    curves = {m.way: dict(m.answer_curve_ms) for m in made.ways if m.answer_curve_ms}
    lines = [
        # A logarithmic scale has no 0.
        Line(way, way, [(n, max(0.1, _nearest(share, curve))) for n, share in enumerate(SHARES)])
        for way, curve in curves.items()
    ]
    said = "; ".join(
        f"{m.way}: half within {m.answer.p50_ms:,.0f} ms, 99 % within {m.answer.p99_ms:,.0f} ms"
        for m in made.ways
    )
    return Chart(
        "answers",
        "How long answers took",
        f"{said}.",
        "percentile of the answers",
        "ms an answer took",
        lines,
        labels=[{0.0: "min", 1.0: "max"}.get(share, f"{100 * share:g}") for share in SHARES],
        is_log=True,
    )


def _nearest(share: float, curve: dict[float, float]) -> float:
    return curve[min(curve, key=lambda known: abs(known - share))]


def connections_over_time(m: WayResults) -> Chart:
    """What one way held of Postgres while its crowd was there."""
    during = [p for p in m.moments if 0 <= p.at_s <= m.took_s]
    lines = [
        Line("bound", "bound", [(0, m.connections_bound), (m.took_s, m.connections_bound)]),
        Line("open", "open", [(p.at_s, p.open) for p in during], steps=True),
        Line("busy", "busy", _most_of(during), steps=True),
    ]
    said = (
        f"At most {m.connections_max} connections were open and {m.busy_max} busy; the bound is "
        f"{m.connections_bound}."
    )
    title, x = f"Database connections, {m.way}", "seconds since the first member set out"
    return Chart(f"held-{m.way}", title, said, x, "connections", lines)


def _most_of(during: Sequence[Moment]) -> list[Point]:
    """Busy connections change with every look: the most of each stretch, a few pixels wide."""
    looks = [(p.at_s, p.busy) for p in during]
    size = max(1, len(looks) // LOOKS_MAX)
    stretches = [looks[n : n + size] for n in range(0, len(looks), size)]
    return [(stretch[0][0], max(busy for _, busy in stretch)) for stretch in stretches]
