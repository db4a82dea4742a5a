"""HTML report: writes a comparison as one self-contained HTML file, and its figures as JSON."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from load.compare.checks import broken_promises
from load.compare.comparison import Comparison
from load.compare.report_charts import charts_of
from load.compare.table import GROUPS, effects, make_sentence

TEMPLATES = Path(__file__).parent / "templates"
VENDORED = files("web") / "static" / "vendor"
UPLOT = "uplot-1.6.32"


def write_report(made: Comparison, folder: Path) -> None:
    """Write index.html and compare.json; overwrites those of an earlier run. Raises OSError."""
    # The figures first: they took minutes, and must survive a failure to render the page.
    (folder / "compare.json").write_text(json.dumps(made.as_json()) + "\n", "utf-8")
    (folder / "index.html").write_text(render(made), "utf-8")


def render(made: Comparison) -> str:
    """The whole page, uPlot included."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    charts = charts_of(made)
    return environment.get_template("report.html").render(
        made=made,
        options=made.options,
        groups=GROUPS,
        spoken=make_sentence,
        ways=[(one, effects(one, made.options), broken_promises(one)) for one in made.ways],
        charts={chart.key: chart for chart in charts},
        drawing=[chart.as_json() for chart in charts],
        uplot=_vendored(f"{UPLOT}.iife.min.js"),
        uplot_css=_vendored(f"{UPLOT}.min.css"),
    )


def _vendored(name: str) -> Markup:
    return Markup((VENDORED / name).read_text("utf-8"))  # noqa: S704 - a file of ours
