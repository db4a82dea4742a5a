"""The report: whole, in need of nothing else, and with every figure in it."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from load.compare.html_report import render, write_report
from load.compare.options import WAYS
from load.compare.table import GROUPS, effects
from tests.unit.compare_cast import OPTIONS, comparison, judged, measured

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Balance(HTMLParser):
    """Fails where a tag is not closed, or closed in the wrong order; collects ids and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self._note(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._note(attrs)

    def _note(self, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        self.refers += [i for name, v in attrs if name == "aria-labelledby" for i in v.split()]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def report() -> str:
    return render(comparison())


def parsed(page: str) -> Balance:
    parser = Balance()
    parser.feed(page)
    parser.close()
    return parser


def test_every_tag_is_closed_and_every_reference_leads_somewhere(report):
    found = parsed(report)

    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.refers) <= set(found.ids)


def charts_in(page: str) -> list[dict[str, Any]]:
    (data,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    found: list[dict[str, Any]] = json.loads(data)
    return found


def test_each_chart_has_its_place_says_what_it_shows_and_draws_every_way(report):
    charts = charts_in(report)

    assert len(charts) == 3 + len(WAYS)
    for chart in charts:
        assert f'id="chart-{chart["key"]}" role="img" aria-label="{chart["title"]}. ' in report
        assert chart["description"] in unescape(report)
        assert all(line["points"] for line in chart["lines"])
    for chart in charts[:3]:
        assert [line["name"] for line in chart["lines"]] == list(WAYS)
    (of_answers,) = (chart for chart in charts if chart["is_log"])
    assert all(y > 0 for line in of_answers["lines"] for _, y in line["points"])


def test_nothing_is_asked_for_from_anywhere(report):
    # uPlot names its home in a comment.
    report = report.replace("/*! https://github.com/leeoniya/uPlot (v1.6.32) */", "")

    for asked in ("http:", "https:", "src=", "href=", "url(", "@import", "<link", "import("):
        assert asked not in report


def test_every_figure_of_every_way_is_shown_and_explained(report):
    text = unescape(report)

    for group in GROUPS:
        for row in group.rows:
            assert f">{row.name}</th>" in text
            assert row.meaning in text
            for way in WAYS:
                assert f"<td>{row.cell(measured(way))}</td>" in text
    for way in WAYS:
        assert effects(measured(way), OPTIONS) in text
    assert OPTIONS.command in text
    assert "Linux, 2 cores" in text


def test_what_comes_from_outside_is_escaped():
    page = render(comparison(Redis="<script>alert(1)</script> & more"))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page
    assert parsed(page).open == []


def test_a_broken_promise_is_the_first_thing_that_is_read():
    page = render(comparison(measured("queue"), judged(over_issued=3)))

    assert "A promise was broken" in page
    assert "3 coupons too many were issued." in page
    assert "Every way kept every promise" not in page


def test_a_way_of_which_nothing_is_known_is_still_drawn():
    nothing = measured(
        moments=(), issued_within_s=None, issued_per_s=None, answer_curve_ms=(), known_curve_ms=()
    )

    assert parsed(render(comparison(nothing))).open == []


def test_a_report_is_a_page_and_its_figures(tmp_path):
    write_report(comparison(), tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["compare.json", "index.html"]
    figures = json.loads((tmp_path / "compare.json").read_text("utf-8"))
    assert figures["is_good"] is True
    assert [one["way"] for one in figures["ways"]] == list(WAYS)
    assert figures["ways"][0]["verdict"]["issued"] == 10
    assert figures["command"] == OPTIONS.command
