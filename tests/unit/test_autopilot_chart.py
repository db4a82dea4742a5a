"""The picture of the autopilot is drawn from the runs beside it; the page has their figures."""

from __future__ import annotations

import json
import re

import pytest

from docs.make_autopilot_chart import PICTURE, RUNS, draw, main, ticks

PAGE = RUNS.with_suffix(".md").read_text("utf-8")
AUTOPILOT, FIXED = json.loads(RUNS.read_text("utf-8"))["runs"]


def most(run: dict, field: str) -> float:
    return max(value for _, value in run[field])


def test_the_picture_in_the_docs_is_of_the_runs_beside_it():
    """After a change: `.venv/bin/python -m docs.make_autopilot_chart`."""
    assert PICTURE.read_text("utf-8") == draw([AUTOPILOT, FIXED])


@pytest.mark.parametrize(
    ("row", "field", "digits"),
    [
        ("the oldest job waited at most", "queue_age_s", 1),
        ("commit p95 at most", "latency_p95_ms", 0),
    ],
)
def test_the_page_has_the_figures_of_these_runs(row: str, field: str, digits: int):
    (said,) = re.findall(rf"^\| {row}[^|]*\|([^|]+)\|([^|]+)\|$", PAGE, flags=re.MULTILINE)

    figures = [float(re.match(r" ([\d.]+)", cell)[1]) for cell in said]
    assert figures == [round(most(run, field), digits) for run in (AUTOPILOT, FIXED)]


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (400.0, [0, 100, 200, 300, 400]),
        (252.3, [0, 100, 200, 300]),
        (21.5, [0, 5, 10, 15, 20, 25]),
        (0.4, [0, 0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_an_axis_has_at_most_five_steps_of_a_round_size(highest: float, expected: list[float]):
    assert ticks(highest) == pytest.approx(expected)


def test_the_command_says_how_it_is_called():
    with pytest.raises(SystemExit, match=r"docs\.make_autopilot_chart --measure"):
        main(["--mesure"])
