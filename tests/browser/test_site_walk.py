"""The whole way through a site's line, from a fresh demo: shop, wait, turn, purchase."""

from __future__ import annotations

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from processes.child_process import free_port, spawn, stop
from tests.house import ROOT, eventually
from tests.needs import needs
from tests.servers import open_folder

SERVERS = ("DATABASE_URL", "REDIS_URL", "QUEUE_REDIS_URL")
RUN = "axe.run({ resultTypes: ['violations'] }).then(found => found.violations.map(one => one.id))"
TURN_MS = 60_000


class SiteDemo:
    """`waitroom demo --site` in a folder of its own, with one seat."""

    def __init__(self, folder: Path, *, with_caddy: bool) -> None:
        self.port, self.shop_port = free_port(), free_port()
        self.shop = f"http://127.0.0.1:{self.shop_port}"
        self.log = folder / "demo.log"
        environ = {name: value for name, value in os.environ.items() if name not in SERVERS}
        argv = [sys.executable, "-m", "cli", "demo", "--port", str(self.port), "--site"]
        argv += ["--site-port", str(self.shop_port), "--seats", "1"]
        if not with_caddy:
            argv.append("--no-caddy")
        self.process = spawn(
            argv, env={**environ, "PYTHONPATH": str(ROOT)}, cwd=folder, log=self.log
        )

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=30).close()
            opener = urllib.request.build_opener(_Still)
            opener.open(self.shop, timeout=30).close()
        except urllib.error.HTTPError as error:
            return error.code == 302
        except OSError:
            return False
        return False


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module", params=[pytest.param("caddy", marks=needs("caddy")), "asks itself"])
def demo(request: pytest.FixtureRequest) -> Iterator[SiteDemo]:
    with ExitStack() as stack:
        made = SiteDemo(open_folder(stack), with_caddy=request.param == "caddy")
        stack.callback(stop, made.process, signal=signal.SIGTERM, grace_s=40)
        eventually(made.is_up, within_s=240)
        yield made


@pytest.fixture
def no_complaints() -> None:
    """The shop has no icon."""


def guest(browser: Browser, **options: object) -> Page:
    return browser.new_context(**options).new_page()  # type: ignore[arg-type]


def has_no_violations(page: Page) -> None:
    page.evaluate(Axe().axe_script)
    assert page.evaluate(RUN) == []


def go_in(browser: Browser, demo: SiteDemo) -> Page:
    """Somebody who takes the only seat."""
    first = guest(browser)
    first.goto(f"{demo.shop}/items/pot?x=%20+1")
    if "/rooms/" in first.url:
        expect(first.get_by_role("heading", name="Tea pot")).to_be_visible(timeout=TURN_MS)
    return first


def buy(page: Page, item: str) -> None:
    page.get_by_role("button", name=f"Buy {item}").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_visitor_waits_is_called_buys_and_finishes(browser: Browser, demo: SiteDemo):
    first = go_in(browser, demo)
    assert first.url == f"{demo.shop}/items/pot?x=%20+1"

    second = guest(browser)
    second.goto(f"{demo.shop}/items/cup?size=2")
    expect(second.get_by_text("Your place in line")).to_be_visible()
    buy(first, "tea pot")

    expect(second.get_by_role("heading", name="It’s your turn")).to_be_visible(timeout=TURN_MS)
    second.wait_for_url(f"{demo.shop}/items/cup?size=2", timeout=TURN_MS)
    buy(second, "tea cup")
    second.goto(f"{demo.shop}/items/cup")
    expect(second.get_by_role("heading", name="Your visit is over")).to_be_visible()


def test_the_same_without_javascript(browser: Browser, demo: SiteDemo):
    first = go_in(browser, demo)

    second = guest(browser, java_script_enabled=False)
    second.goto(f"{demo.shop}/items/cup?size=2")
    expect(second.get_by_text("Your place in line")).to_be_visible()
    buy(first, "tea pot")

    expect(second.get_by_role("heading", name="It’s your turn")).to_be_visible(timeout=TURN_MS)
    second.wait_for_url(f"{demo.shop}/items/cup?size=2", timeout=TURN_MS)
    buy(second, "tea cup")


@pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
def test_each_page_is_for_everyone(browser: Browser, demo: SiteDemo, language: str):
    first = go_in(browser, demo)
    phone = {"viewport": {"width": 320, "height": 700}, "locale": language}
    second = guest(browser, **phone)
    second.goto(f"{demo.shop}/items/cup")
    second.wait_for_selector(".place-waiting")
    has_no_violations(second)
    buy(first, "tea pot")
    second.wait_for_selector(".place-called", timeout=TURN_MS)
    second.locator("#follow button").click()
    has_no_violations(second)
    second.locator("#turn").click()
    second.wait_for_url(f"{demo.shop}/items/cup", timeout=TURN_MS)
    second.goto(f"http://127.0.0.1:{demo.port}/rooms/shop")
    second.wait_for_selector(".place-inside")
    has_no_violations(second)
    assert second.evaluate("document.documentElement.scrollWidth") <= 320
    second.goto(f"{demo.shop}/items/cup")
    buy(second, "tea cup")
    second.goto(f"{demo.shop}/items/cup")
    second.wait_for_selector(".place-finished")
    has_no_violations(second)


def test_who_stops_the_way_in_stays_on_the_page(browser: Browser, demo: SiteDemo):
    first = go_in(browser, demo)
    second = guest(browser)
    second.goto(f"{demo.shop}/items/cup")
    second.wait_for_selector(".place-waiting")
    buy(first, "tea pot")
    second.wait_for_selector(".place-called", timeout=TURN_MS)

    second.get_by_role("button", name="Stay on this page").click()

    second.wait_for_timeout(7_000)
    assert "/rooms/shop" in second.url
    second.get_by_role("link", name="Continue to").click()
    second.wait_for_url(f"{demo.shop}/items/cup", timeout=TURN_MS)
    buy(second, "tea cup")


def test_an_address_with_a_pass_lets_only_one_browser_in(
    browser: Browser, demo: SiteDemo, context: BrowserContext
):
    seen: list[str] = []
    first = guest(browser)
    first.on("request", lambda request: seen.append(request.url))
    first.goto(f"{demo.shop}/items/pot")
    first.wait_for_url(f"{demo.shop}/items/pot", timeout=TURN_MS)
    [address] = {url for url in seen if "waitroom_pass=" in url}

    other = guest(browser)
    other.goto(address)

    assert "/rooms/shop" in other.url
    buy(first, "tea pot")
