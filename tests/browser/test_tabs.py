"""Several tabs of one member: one stream for all of them, whichever of them is closed or hidden."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.house import House

TABS = 8  # over HTTP/1.1 a browser opens six connections to a site
WITHIN_MS = 60_000
HIDE = (
    "Object.defineProperty(document, 'hidden', { get: () => true });"
    "document.dispatchEvent(new Event('visibilitychange'))"
)


@pytest.fixture
def no_complaints() -> None:
    """Streams are ended here on purpose."""


@pytest.fixture
def member(browser: Browser, house: House, code: str) -> Iterator[BrowserContext]:
    """A browser in which alice stands third in a line that rests."""
    house.offer(code, total=100, rate_per_s=100, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    for one in ("first", "second", "alice"):
        assert house.member("POST", f"/api/rooms/{code}/enter", one)[0] == 202
    with browser.new_context(base_url=house.base_url) as context:
        token = house.identity.sign("alice")
        page = context.new_page()
        page.goto(f"/signin?token={token}&next=/coupons/{code}")
        page.close()
        yield context


def streams_of(page: Page) -> list[str]:
    """The requests for a stream that this tab makes from now on."""
    asked: list[str] = []
    page.on("request", lambda one: one.url.endswith("/live") and asked.append(one.url))
    return asked


def until(true: Callable[[], object], page: Page, within_s: float = 60.0) -> None:
    """Wait until `true()` is; the browser's events reach us only while a page is waited for."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        page.wait_for_timeout(50)


def test_eight_tabs_of_one_room_share_a_stream(member: BrowserContext, house: House, code: str):
    tabs, streams = [], []
    for _ in range(TABS):
        tab = member.new_page()
        streams.append(streams_of(tab))
        tab.goto(f"/rooms/{code}", timeout=WITHIN_MS)
        expect(tab.locator("#place .number")).to_have_text("3", timeout=WITHIN_MS)
        tabs.append(tab)
    until(lambda: sum(map(len, streams)) == 1, tabs[0])
    assert len(streams[0]) == 1, "the first tab has it"

    house.member("DELETE", f"/api/rooms/{code}/place", "first")
    for tab in tabs:
        expect(tab.locator("#place .number")).to_have_text("2", timeout=WITHIN_MS)

    tabs.pop(0).close()
    streams.pop(0)
    until(lambda: sum(map(len, streams)) == 1, tabs[0])
    holder = next(number for number, asked in enumerate(streams) if asked)
    tabs[holder].evaluate(HIDE)
    until(lambda: sum(map(len, streams)) == 2, tabs[0])
    house.member("DELETE", f"/api/rooms/{code}/place", "second")
    for tab in tabs[:3]:
        expect(tab.locator("#place .number")).to_have_text("1", timeout=WITHIN_MS)


def test_without_locks_a_tab_has_a_stream_of_its_own(member: BrowserContext, code: str):
    """As where the site is not served by https."""
    member.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    for _ in range(2):
        tab = member.new_page()
        streams = streams_of(tab)
        tab.goto(f"/rooms/{code}")
        until(lambda asked=streams: len(asked) == 1, tab)
        assert len(streams) == 1
