"""Sessions in a real browser: a link for somebody else, refused cookies, and signing out there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from load.browsers import launch_options
from processes.child_process import free_port
from tests.house import House

KO, EN = "ko-KR", "en-US"


@contextmanager
def window(browser: Browser, base_url: str, **more: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url, **more)
    try:
        yield context.new_page()
    finally:
        context.close()


def link(house: House, member: str, next_: str = "/") -> str:
    return f"/signin?token={house.identity.sign(member)}&next={next_}"


@pytest.fixture
def no_complaints() -> None:
    """Streams end here on purpose, and pages say 400."""


@contextmanager
def another_web(house: House, **environ: str) -> Iterator[str]:
    """Another web process of the same house; its address."""
    port, first, before = free_port(), house.port, house.environ
    house.environ = {**before, **environ}
    process = house.start("web", "--port", str(port))
    house.port, house.base_url = port, f"http://127.0.0.1:{port}"
    try:
        house.until_ready()
        yield house.base_url
    finally:
        house.port, house.base_url, house.environ = first, f"http://127.0.0.1:{first}", before
        house.stop(process)


@pytest.fixture
def second_web(house: House) -> Iterator[str]:
    with another_web(house) as address:
        yield address


@pytest.fixture
def by_tls(house: House) -> Iterator[str]:
    """A web that takes browsers to come by TLS; Chromium takes this machine for as safe."""
    with another_web(house, BASE_URL="https://line.test") as address:
        yield address


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_link_for_somebody_else_is_asked_about(browser: Browser, house, base_url, scripts):
    with window(browser, base_url, locale=EN, java_script_enabled=scripts) as page:
        page.goto(link(house, "alice"))
        page.goto(link(house, "mallory"))

        expect(page.locator("main")).to_contain_text("You are signed in as alice.")
        expect(page.locator("main")).to_contain_text("The link you opened is for mallory.")
        page.get_by_role("button", name="Stay signed in as alice").click()

        expect(page.locator(".who-name")).to_have_text("alice")
        page.goto(link(house, "bob"))
        page.get_by_role("button", name="Switch to bob").click()
        expect(page.locator(".who-name")).to_have_text("bob")


def test_enter_stays(browser: Browser, house, base_url):
    """The first button is what a hasty key presses."""
    with window(browser, base_url, locale=KO) as page:
        page.goto(link(house, "alice"))
        page.goto(link(house, "mallory"))
        page.keyboard.press("Tab")
        page.get_by_role("button", name="alice 님으로 계속하기").press("Enter")

        expect(page.locator(".who-name")).to_have_text("alice")


def test_reload_and_back_do_not_ask_again(browser: Browser, house, base_url):
    with window(browser, base_url, locale=EN) as page:
        there = link(house, "alice", "/me")
        page.goto(there)
        page.goto("/")
        page.go_back()
        expect(page).to_have_url(f"{base_url}/me")

        page.goto(there)

        expect(page).to_have_url(f"{base_url}/me")
        expect(page.locator(".who-name")).to_have_text("alice")


def test_the_question_stays_when_it_is_read_in_another_language(browser: Browser, house, base_url):
    with window(browser, base_url, locale=EN) as page:
        page.goto(link(house, "alice"))
        page.goto(link(house, "mallory"))
        page.get_by_role("link", name="한국어").click()

        expect(page.locator("main")).to_contain_text("다른 회원으로 바꿀까요?")
        page.get_by_role("button", name="mallory 님으로 바꾸기").click()
        expect(page.locator(".who-name")).to_have_text("mallory")


def test_a_browser_that_refuses_cookies_says_so_after_signing_in_and_when_entering(
    browser_type: BrowserType, house, code, by_tls
):
    """Chromium refuses `Secure` cookies of a host that it reaches without TLS."""
    house.offer(code, total=5)
    refusing = by_tls.replace("127.0.0.1", "line.test")
    rule = "--host-resolver-rules=MAP line.test 127.0.0.1"
    options = launch_options(os.environ)
    browser = browser_type.launch(**{**options, "args": [*options.get("args", []), rule]})
    with window(browser, refusing, locale=EN) as page:
        page.goto(link(house, "alice", f"/coupons/{code}"))
        assert page.context.cookies() == []
        expect(page.get_by_role("heading", level=1)).to_have_text("Your browser blocks cookies")

        page.goto(f"/coupons/{code}")
        page.get_by_role("button", name="Get in line").click()
        page.get_by_label("Your name").fill("alice")
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Your browser blocks cookies")
        assert urlsplit(page.url).path == "/signed-in"
    browser.close()


def test_chromium_keeps_and_forgets_the_cookies_of_this_host_alone(
    browser: Browser, house, code, by_tls
):
    house.offer(code, total=5, rate_per_s=1, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    with window(browser, by_tls, locale=EN) as page:

        def names() -> set[str]:
            return {one["name"] for one in page.context.cookies()}

        page.goto(link(house, "alice", f"/coupons/{code}") + "&lang=ko")
        page.get_by_role("button", name="줄 서기").click()
        expect(page.locator("#place .number")).to_have_text("1")
        assert names() == {
            "__Host-member_session", "session", "__Host-lang", f"__Host-ticket-{code}",
            f"__Host-from-{code}",
        }  # fmt: skip

        page.get_by_text("줄에서 나가기", exact=True).click()
        page.get_by_role("button", name="네, 나갈게요").click()
        page.get_by_role("button", name="로그아웃").click()

        expect(page.get_by_role("link", name="로그인")).to_be_visible()
        assert names() == {"__Host-lang"}


def test_signing_out_on_one_device_ends_the_page_on_the_other(
    browser: Browser, house, base_url, code, second_web
):
    house.offer(code, total=5, rate_per_s=1, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    with (
        window(browser, base_url, locale=EN) as laptop,
        window(browser, second_web, locale=EN) as phone,
    ):
        for page in (laptop, phone):
            page.goto(link(house, "alice", f"/coupons/{code}"))
        phone.get_by_role("button", name="Get in line").click()
        expect(phone.locator("#place .number")).to_have_text("1")
        phone.wait_for_load_state("load")  # its script follows the stream from now on
        asked: list[str] = []
        phone.on("request", lambda one: one.url.endswith("/place") and asked.append(one.url))

        laptop.get_by_role("button", name="Sign out").click()

        expect(laptop.get_by_role("link", name="Sign in")).to_be_visible()
        expect(phone.locator("#place.place-signed_out")).to_be_visible()
        assert asked == [], "the stream told it"
        expect(phone.locator("#place")).to_contain_text("If you have a place in line, it is safe.")
        phone.reload()
        expect(phone).to_have_url(f"{second_web}/signin?next=/rooms/{code}")
