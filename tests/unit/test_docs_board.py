"""docs/board.md explains each figure of the board, by the name that the board shows."""

from __future__ import annotations

from pathlib import Path

from tests.unit.board_template_cast import a_board, some_figures
from tests.unit.place_template_cast import EN

BOARD = Path(__file__).parents[2] / "docs" / "board.md"


def test_every_figure_of_the_board_is_explained_in_its_order():
    rows = BOARD.read_text("utf-8").partition("## Each figure")[2].partition("\n## ")[0]
    explained = [row.split(" | ")[0].strip("| ") for row in rows.splitlines() if row[:2] == "| "]

    shown = a_board(EN, some_figures()).gauges

    assert explained[2:] == [gauge.label for gauge in shown]
