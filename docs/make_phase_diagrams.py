"""Draws the state diagrams of rooms and places in docs/ from `domain/phase.py`.

    .venv/bin/python -m docs.make_phase_diagrams

Run it in the checkout. Each phase is a column, each transition a row from ring to arrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from domain.phase import (
    PLACE_PHASES,
    PLACE_TRANSITIONS,
    ROOM_PHASES,
    ROOM_TRANSITIONS,
    Transition,
)

DOCS = Path(__file__).parent
LABELS_PX, COLUMN_PX, ROW_PX, HEAD_PX = 330, 104, 30, 66
BOX_PX, ARROW_PX = 88, 7
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1c2b2a}.box{fill:#fff;stroke:#5c6b6a}"
    ".on{fill:#d6efe6}.over{fill:#e4e4e2}.head{text-anchor:middle;font-weight:600}"
    ".lane{stroke:#c9d1d0}.way{stroke:#0c6a56;stroke-width:1.5}.from{fill:#fff;stroke:#0c6a56}"
    ".to{fill:#0c6a56}.paper{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#e8eeed}.paper{fill:#14201f}"
    ".box,.from{fill:#14201f}.on{fill:#1d4a3f}.over{fill:#39403f}.lane{stroke:#39474a}"
    ".way,.from{stroke:#6fd0b5}.to{fill:#6fd0b5}}"
)


def draw(title: str, boxes: Sequence[tuple[str, str]], transitions: Iterable[Transition]) -> str:
    """The SVG. boxes: each phase's word, and its class (empty, `on` or `over`)."""
    rows = list(transitions)
    at = {word: LABELS_PX + COLUMN_PX * number for number, (word, _) in enumerate(boxes)}
    width = LABELS_PX + COLUMN_PX * len(boxes) - (COLUMN_PX - BOX_PX) // 2
    height = HEAD_PX + ROW_PX * len(rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *_heads(boxes, at, height),
    ]
    for number, row in enumerate(rows):
        lines += _row(row, at, HEAD_PX + ROW_PX * number + ROW_PX // 2)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _heads(boxes: Sequence[tuple[str, str]], at: dict[str, int], height: int) -> Iterator[str]:
    for word, kind in boxes:
        x = at[word] + BOX_PX // 2
        yield f'<path class="lane" d="M{x} 44V{height}"/>'
        classes = f"box {kind}".strip()
        yield f'<rect class="{classes}" x="{at[word]}" y="14" width="{BOX_PX}" height="30" rx="6"/>'
        yield f'<text class="head" x="{x}" y="34">{escape(word)}</text>'


def _row(row: Transition, at: dict[str, int], y: int) -> Iterator[str]:
    yield f'<text x="12" y="{y + 4}">{escape(row.because)}</text>'
    ends = []
    for target in row.targets:
        sources = [source for source in row.sources if source != target]
        for source in sources:
            x1, x2 = at[source] + BOX_PX // 2, at[target] + BOX_PX // 2
            back = ARROW_PX if x2 > x1 else -ARROW_PX
            yield f'<path class="way" d="M{x1} {y}H{x2 - back}"/>'
            ends.append(f'<path class="to" d="M{x2} {y}l{-2 * back} -5v10z"/>')
    sources = [source for source in row.sources if set(row.targets) != {source}]
    for source in sources:
        yield f'<circle class="from" cx="{at[source] + BOX_PX // 2}" cy="{y}" r="4"/>'
    yield from dict.fromkeys(ends)


def diagrams() -> dict[str, str]:
    """The SVG of each file in docs/, by name."""
    rooms = [
        (phase.word, "on" if phase.admits else "over" if phase.is_over else "")
        for phase in sorted(ROOM_PHASES, key=lambda one: (one.is_over, -ROOM_PHASES.index(one)))
    ]
    places = [
        (phase.word, "over" if phase.is_final else "on" if phase.word == "admitted" else "")
        for phase in PLACE_PHASES
    ]
    return {
        "room-phases.svg": draw("The phases of a room", rooms, ROOM_TRANSITIONS),
        "place-phases.svg": draw("The phases of a place", places, PLACE_TRANSITIONS),
    }


def main() -> None:
    for name, text in diagrams().items():
        (DOCS / name).write_text(text, "utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
