"""The proof of work in a real browser: by a click, by the keyboard, in Korean, without JavaScript.

The console stays silent (`no_complaints`): workers and styles of the widget break no policy.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.rendered import RUN
from tests.signed_in import session_of
from web.auth.sessions import SESSION_COOKIE

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 60_000


@pytest.fixture
def room(house, code):
    house.offer(code, total=5, rate_per_s=1, burst=1, challenge="on")
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    return f"/coupons/{code}"


def signed_in(page: Page, house) -> None:
    session = session_of(house.sessions)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": house.base_url}])


def test_pressing_the_button_is_enough(page: Page, house, code, room):
    page.set_viewport_size(PHONE)
    signed_in(page, house)
    page.goto(room)

    page.get_by_role("button", name="Get in line").click()

    page.wait_for_url(f"**/rooms/{code}", timeout=PATIENCE_MS)
    expect(page.locator("#place .number")).to_have_text("1")


def test_by_keyboard_and_in_korean(page: Page, house, code, room):
    signed_in(page, house)
    page.goto(f"{room}?lang=ko")
    box = page.get_by_label("봇 방지 확인")

    box.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("확인했어요")).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate(Axe().axe_script)
    assert page.evaluate(RUN) == []
    page.get_by_role("button", name="줄 서기").focus()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/rooms/{code}", timeout=PATIENCE_MS)


def test_without_javascript_a_sentence_says_why_nobody_gets_in(browser: Browser, house, room):
    context = browser.new_context(java_script_enabled=False, base_url=house.base_url)
    page = context.new_page()
    signed_in(page, house)
    page.goto(room)

    # By its place: Playwright finds no text inside of noscript, visible or not.
    sentence = page.locator("form noscript p")
    expect(sentence).to_be_visible()
    assert "It needs JavaScript" in sentence.inner_text()
    context.close()
