"""Page: the report, one HTML file that needs nothing else, and its figures as JSON beside it."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cli.compare.charts import (
    answer_times,
    connections_over_time,
    issued_over_time,
    knew_over_time,
)
from cli.compare.comparison import Comparison
from cli.compare.promises import broken
from cli.compare.rows import GROUPS, seen_in, spoken

TEMPLATES = Path(__file__).parent / "templates"


def write_report(made: Comparison, folder: Path) -> None:
    """index.html and compare.json, over those of an earlier run. Raises OSError."""
    # First: the minutes that the figures took are not lost, should the page fail.
    (folder / "compare.json").write_text(json.dumps(made.as_json()) + "\n", "utf-8")
    (folder / "index.html").write_text(render(made), "utf-8")


def render(made: Comparison) -> str:
    """The whole page. The charts escape what they write; all else the template does."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        made=made,
        options=made.options,
        groups=GROUPS,
        spoken=spoken,
        ways=[(one, seen_in(one, made.options), broken(one)) for one in made.ways],
        issued=Markup(issued_over_time(made)),  # noqa: S704 - escaped by chart.py
        knew=Markup(knew_over_time(made)),  # noqa: S704
        answers=Markup(answer_times(made)),  # noqa: S704
        connections=[Markup(connections_over_time(one)) for one in made.ways],  # noqa: S704
    )
