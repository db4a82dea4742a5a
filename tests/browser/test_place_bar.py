"""Every other page shows the live place in a bar, where this browser has one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_member_journey import stand_before

WAIT_MS = 30_000


@pytest.fixture
def context(browser: Browser, house) -> BrowserContext:
    made = browser.new_context(base_url=house.base_url)
    yield made
    made.close()


@pytest.fixture
def waits(context: BrowserContext, house, code) -> Page:
    """The page of a member behind forty others, in a paused line."""
    house.offer(code, total=500, rate_per_s=8, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    stand_before(house, code, 40)
    page = context.new_page()
    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    expect(page.locator("#place .number")).to_have_text("41")
    return page


def test_the_bar_is_live_and_shares_the_stream_and_ends_with_the_place(waits, context, house, code):
    streams: list[str] = []
    context.on("request", lambda one: streams.append(one.url) if "/live" in one.url else None)
    other = context.new_page()
    other.goto("/me")
    bar = other.locator(".place-bar")

    expect(bar.locator(".place-bar-number")).to_have_text("41")
    expect(bar).to_have_attribute("href", f"/rooms/{code}")
    expect(bar).to_contain_text("paused for now")
    assert "41" not in other.title()

    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    other.wait_for_function(
        "() => Number(document.querySelector('.place-bar-number').textContent) < 35",
        timeout=WAIT_MS,
    )
    assert len(streams) <= 1, "the waiting page holds the stream of both"
    expect(bar).to_contain_text("You have your coupon", timeout=WAIT_MS)
    bar.click()
    expect(other.get_by_role("heading", name="You have your coupon")).to_be_visible()
    other.goto("/")
    expect(other.get_by_role("heading", name="Coupons", exact=True)).to_be_visible()
    assert other.evaluate("localStorage.getItem('waitroom:place')") is None
    expect(bar).to_have_count(0)


def test_the_bar_goes_on_alone_and_goes_with_the_place(waits, context, house, code):
    other = context.new_page()
    other.goto("/me")
    number = other.locator(".place-bar-number")
    expect(number).to_have_text("41")
    waits.close()

    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 1, "state": "open"})
    other.wait_for_function(
        "() => Number(document.querySelector('.place-bar-number').textContent) < 41",
        timeout=WAIT_MS,
    )
    house.member("DELETE", f"/api/rooms/{code}/place", "alice")

    expect(other.locator(".place-bar")).to_have_count(0, timeout=WAIT_MS)


def test_a_browser_without_a_place_asks_for_no_bar(context, house, code):
    house.offer(code, total=5)
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    page = context.new_page()

    page.goto(f"/signin?token={house.identity.sign('bob')}&next=/coupons/{code}")
    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert not [url for url in asked if "place_bar" in url]
