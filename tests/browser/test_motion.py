"""The line is seen to move; where the reader wants less motion, nothing does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_member_journey import stand_before

# Notes each moving part that the page ever had, as the page runs, so that no look comes too late.
WATCH = """
window.seen = new Set();
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const { classList } of addedNodes) for (const one of classList ?? []) seen.add(one);
  }
}).observe(document, { childList: true, subtree: true });
window.locks = 0;
Object.defineProperty(navigator, "wakeLock", { value: {
  request: async () => {
    window.locks += 1;
    return { released: false, release() { this.released = true; } };
  },
} });
window.buzzed = 0;
navigator.vibrate = () => { window.buzzed += 1; return true; };
"""


@pytest.fixture
def waits(browser: Browser, house, code):
    """Opens the page of a member behind forty others, in a paused line."""
    opened: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        house.offer(code, total=500, rate_per_s=8, burst=1)
        house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
        stand_before(house, code, 40)
        context = browser.new_context(base_url=house.base_url, **options)
        opened.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
        page.get_by_role("button", name="Get in line").click()
        expect(page.locator("#place .number")).to_have_text("41")
        return page

    yield open_page
    for context in opened:
        context.close()


def moves_on(page: Page, house, code: str) -> None:
    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    page.wait_for_function(
        "() => Number(document.querySelector('#place .number')?.textContent ?? 0) < 30",
        timeout=30_000,
    )


def test_a_place_that_falls_rolls_drifts_and_lights_up(waits, house, code):
    page = waits(reduced_motion="no-preference")
    bar = page.locator(".came-done")
    before = bar.get_attribute("transform")

    moves_on(page, house, code)

    page.wait_for_function("() => ['rolls', 'gone', 'light'].every((one) => seen.has(one))")
    assert bar.get_attribute("transform") != before
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.came-done')).transitionProperty")
        == "transform"
    )
    assert page.evaluate("locks") >= 1
    text = page.locator("#place .number").inner_text()
    assert text.isdigit(), "what moves lies above the number, which stays text"
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=30_000)
    assert page.evaluate("buzzed") >= 1


def test_who_wants_less_motion_sees_none(waits, house, code):
    page = waits(reduced_motion="reduce")

    moves_on(page, house, code)

    assert page.evaluate("['rolls', 'gone', 'light'].filter((one) => seen.has(one))") == []
    assert (
        page.evaluate(
            "document.getAnimations().filter((one) => one.playState === 'running').length"
        )
        == 0
    )
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=30_000)
    assert page.evaluate("buzzed") == 0


def test_the_screen_may_be_left_to_sleep(waits, house, code):
    page = waits()
    switch = page.get_by_role("switch", name="Keep the screen on")
    expect(switch).to_be_checked()

    switch.uncheck()
    locks = page.evaluate("locks")
    moves_on(page, house, code)

    assert page.evaluate("locks") == locks
