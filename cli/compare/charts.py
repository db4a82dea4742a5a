"""Charts: what a report draws of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from cli.compare.axis import linear, logarithmic, written
from cli.compare.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Line, Scale, chart
from cli.compare.comparison import Comparison
from cli.compare.measured import Measured, Moment

SMALL = 200
# The upper shares of the answers, which is where ways differ, one beside the other.
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)


def issued_over_time(made: Comparison) -> str:
    """Coupons in Postgres, second by second."""
    longest = max((m.issued_within_s or 0 for m in made.ways), default=0)
    x = _seconds("seconds since the first member set out", longest * 1.04)
    y = _counts("coupons issued", made.options.coupons)
    lines = [
        Line(m.way, m.way, [(p.at_s, p.issued) for p in m.moments if p.at_s >= 0], steps=True)
        for m in made.ways
    ]
    said = "; ".join(
        f"{m.way}: the last of {m.moments[-1].issued:,} after {m.issued_within_s:.1f} s"
        for m in made.ways
        if m.issued_within_s is not None
    )
    return chart("issued", "Coupons issued over time", f"{said}.", x, y, lines)


def knew_over_time(made: Comparison) -> str:
    """How many of the members knew their outcome, by how long ago they had set out."""
    longest = max((m.known_curve_ms[-1][1] for m in made.ways if m.known_curve_ms), default=0)
    x = _seconds("seconds since a member set out", longest / 1_000)
    axis, ticks = linear(100, HEIGHT - BOTTOM, TOP)
    y = Scale("% of the members who know", axis, ticks)
    lines = [
        # To the edge: once all know, all know.
        Line(m.way, m.way, [*_knew(m), (x.axis.high, 100)] if m.known_curve_ms else [])
        for m in made.ways
    ]
    said = "; ".join(
        f"{m.way}: half after {m.known.p50_ms / 1_000:.1f} s, 99 % after "
        f"{m.known.p99_ms / 1_000:.1f} s"
        for m in made.ways
    )
    return chart("knew", "Members who knew their outcome", f"{said}.", x, y, lines)


def _knew(m: Measured) -> list[tuple[float, float]]:
    return [(ms / 1_000, 100 * share) for share, ms in m.known_curve_ms]


def answer_times(made: Comparison) -> str:
    """Milliseconds an answer took, from the fastest to the slowest, on a logarithmic scale."""
    curves = {m.way: dict(m.answer_curve_ms) for m in made.ways if m.answer_curve_ms}
    values = [ms for curve in curves.values() for ms in curve.values() if ms > 0] or [1.0]
    axis, ticks = logarithmic(min(values), max(values), HEIGHT - BOTTOM, TOP)
    y = Scale("ms an answer took", axis, ticks)
    places = {share: float(n) for n, share in enumerate(SHARES)}
    across, _ = linear(len(SHARES) - 1, LEFT, WIDTH - RIGHT)
    x = Scale("percentile of the answers", across, list(places.values()), _percentile)
    lines = [
        Line(way, way, [(at, curve[_nearest(share, curve)]) for share, at in places.items()])
        for way, curve in curves.items()
    ]
    said = "; ".join(
        f"{m.way}: half within {m.answer.p50_ms:,.0f} ms, 99 % within {m.answer.p99_ms:,.0f} ms"
        for m in made.ways
    )
    return chart("answers", "How long answers took", f"{said}.", x, y, lines)


def _nearest(share: float, curve: dict[float, float]) -> float:
    return min(curve, key=lambda known: abs(known - share))


def _percentile(place: float) -> str:
    share = SHARES[round(place)]
    return {0.0: "min", 1.0: "max"}.get(share, f"{100 * share:g}")


def connections_over_time(m: Measured) -> str:
    """What one way held of Postgres while its crowd was there."""
    x = _seconds("seconds since the first member set out", m.took_s)
    axis, ticks = linear(m.connections_bound, SMALL - BOTTOM, TOP)
    y = Scale("connections", axis, [t for t in ticks if t == int(t)])
    during = [p for p in m.moments if 0 <= p.at_s <= m.took_s]
    lines = [
        Line("bound", "bound", [(0, m.connections_bound), (m.took_s, m.connections_bound)]),
        Line("open", f"{m.way} plain", [(p.at_s, p.open) for p in during], steps=True),
        Line("busy", "busy", _most_of(during), steps=True),
    ]
    said = (
        f"At most {m.connections_max} connections were open and {m.busy_max} busy; the bound is "
        f"{m.connections_bound}."
    )
    title = f"Database connections, {m.way}"
    return chart(f"held-{m.way}", title, said, x, y, lines, height=SMALL)


def _most_of(during: Sequence[Moment]) -> list[tuple[float, float]]:
    """Busy connections change with every look: the most of each stretch, a few pixels wide."""
    looks = [(p.at_s, p.busy) for p in during]
    size = max(1, len(looks) // 150)
    stretches = [looks[n : n + size] for n in range(0, len(looks), size)]
    return [(stretch[0][0], max(busy for _, busy in stretch)) for stretch in stretches]


def _seconds(name: str, longest: float) -> Scale:
    axis, ticks = linear(longest, LEFT, WIDTH - RIGHT)
    return Scale(name, axis, ticks, written)


def _counts(name: str, most: float) -> Scale:
    axis, ticks = linear(most, HEIGHT - BOTTOM, TOP)
    return Scale(name, axis, ticks)
