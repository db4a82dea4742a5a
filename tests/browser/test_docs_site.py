"""The docs site in a browser, from a folder: its search works, and nothing else is asked."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.unit.test_docs_site import build


def test_the_site_is_searched_without_a_server(page: Page, tmp_path: Path) -> None:
    build(tmp_path)
    elsewhere: list[str] = []

    def refuse(route: Route) -> None:
        elsewhere.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith(("file:", "data:", "blob:")), refuse)
    page.goto((tmp_path / "index.html").as_uri())
    page.get_by_role("textbox", name="Search").fill("rolling restart")
    found = page.locator(".md-search-result__item a").first

    expect(found).to_be_visible(timeout=60_000)
    found.click()
    expect(page.get_by_role("heading", name="Rolling restart")).to_be_visible()
    assert elsewhere == []
