"""Chart: lines in an SVG, drawn by hand so that a report needs nothing from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from cli.compare.axis import Axis, written

WIDTH, HEIGHT = 520, 330
LEFT, RIGHT, TOP, BOTTOM = 84, 18, 14, 52

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """kind: a class of the style sheet. steps: a value holds until the next one."""

    name: str
    kind: str
    points: Sequence[Point]
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis with its name and the values written beside it."""

    name: str
    axis: Axis
    ticks: Sequence[float]
    label: Callable[[float], str] = written


def chart(
    key: str,
    title: str,
    description: str,
    x: Scale,
    y: Scale,
    lines: Sequence[Line],
    *,
    height: int = HEIGHT,
) -> str:
    """The whole SVG. `key` makes the ids in it its own; the description is for who can't see it."""
    inside = [
        *_grid(x, y, height),
        *(_line(line, x.axis, y.axis) for line in lines),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}'
        f"</desc>{''.join(inside)}</svg>"
    )  # fmt: skip


def _grid(x: Scale, y: Scale, height: int) -> list[str]:
    bottom, right = height - BOTTOM, WIDTH - RIGHT
    drawn = []
    for tick in y.ticks:
        at = y.axis.at(tick)
        drawn.append(f'<path class="grid" d="M{LEFT} {at}H{right}"/>')
        drawn.append(_text(LEFT - 8, at + 5, "end", y.label(tick)))
    for tick in x.ticks:
        at = x.axis.at(tick)
        drawn.append(f'<path class="grid" d="M{at} {bottom}v5"/>')
        drawn.append(_text(at, bottom + 20, "middle", x.label(tick)))
    drawn.append(_text((LEFT + right) / 2, height - 6, "middle", x.name, "axis"))
    turned = f'transform="rotate(-90 14 {(TOP + bottom) / 2})"'
    drawn.append(_text(14, (TOP + bottom) / 2, "middle", y.name, "axis", turned))
    return drawn


def _text(x: float, y: float, anchor: str, words: str, kind: str = "tick", more: str = "") -> str:
    return (
        f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" {more}>'
        f"{escape(words)}</text>"
    )


def _line(line: Line, x: Axis, y: Axis) -> str:
    path, last = [], None
    for across, up in line.points:
        at = (x.at(across), y.at(up))
        if at == last:
            continue  # more looks than pixels
        if last is None:
            path.append(f"M{at[0]:g} {at[1]:g}")
        elif line.steps:
            path.append(f"H{at[0]:g}" + (f"V{at[1]:g}" if at[1] != last[1] else ""))
        else:
            path.append(f"L{at[0]:g} {at[1]:g}")
        last = at
    named = f"<title>{escape(line.name)}</title>"
    return f'<path class="line {escape(line.kind)}" d="{"".join(path)}">{named}</path>'
