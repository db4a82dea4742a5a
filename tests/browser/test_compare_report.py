"""The report of `waitroom compare` in a browser: every chart is drawn, from a file alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from load.compare.html_report import write_report
from load.compare.options import WAYS
from tests.unit.compare_cast import comparison


def test_every_chart_of_a_report_is_drawn(page: Page, tmp_path: Path) -> None:
    write_report(comparison(), tmp_path)

    page.goto((tmp_path / "index.html").as_uri())
    blank = page.locator(".chart canvas").evaluate_all(
        """all => all.filter(one => !one.getContext("2d")
            .getImageData(0, 0, one.width, one.height).data.some(value => value)).length"""
    )

    assert page.locator(".chart canvas").count() == 3 + len(WAYS)
    assert blank == 0
