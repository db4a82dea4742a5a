"""The board during a sale: Pause and the figures stay in sight."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Account, sign_in
from tests.house import House, eventually
from waitroom.line import open_line

WITHIN_MS = 60_000
WINDOWS = {"wide": (1280, 800), "phone": (390, 844)}
MEMBERS = 1_000
IN_SIGHT = """button => {
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth
    && button.contains(seen);
}"""


@pytest.fixture(params=WINDOWS)
def board(request: pytest.FixtureRequest, page: Page, house: House, code: str, operator: Account):
    """The board of a room at 30/s in which a thousand wait, in a wide window and on a phone."""
    width, height = WINDOWS[request.param]
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, operator)
    house.offer(code, total=10_000, rate_per_s=30, burst=1)
    fill(house, code)
    page.goto(f"/admin/rooms/{code}")
    return page


def fill(house: House, code: str) -> None:
    """A thousand enter at once; in a thread, as Playwright runs an event loop in this one."""

    async def enter_all() -> None:
        line = open_line(house.redis_url)
        try:
            await asyncio.gather(*(line.enter(code, f"member-{n}") for n in range(MEMBERS)))
        finally:
            await line.aclose()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, enter_all()).result()


def places(page: Page) -> Iterator[int]:
    """Scroll positions from the top of the page to its end."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in (0, 150, height // 2, height):
        page.evaluate("top => scrollTo(0, top)", top)
        yield top


def test_pause_is_in_sight_at_every_scroll_position_and_pauses(board: Page, house: House, code):
    pause = board.get_by_role("button", name="Pause", exact=True)

    seen = [pause.evaluate(IN_SIGHT) for _top in places(board)]
    pause.click()

    assert seen == [True] * 4
    expect(board.locator(".phase")).to_have_text("Paused", timeout=WITHIN_MS)
    expect(board.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    assert house.admin("GET", f"/rooms/{code}")["state"] == "paused"


def test_pause_becomes_resume_when_a_colleague_pauses(board: Page, house: House, code):
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})

    expect(board.get_by_role("button", name="Resume", exact=True)).to_be_visible(timeout=WITHIN_MS)
    expect(board.get_by_role("button", name="Pause", exact=True)).to_be_hidden()


def test_a_question_keeps_the_figures_in_sight_and_escape_changes_nothing(
    board: Page, house: House, code
):
    board.locator("#rate").fill("4000")
    board.get_by_role("button", name="Apply").click()

    question = board.get_by_role("alert")
    expect(question).to_contain_text(re.compile(r"4,000/s: all .* through in about 1 s\?"))
    expect(board.locator('[data-gauge="waiting"]')).to_be_visible()
    board.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 30

    board.locator("#rate").fill("4000")
    board.get_by_role("button", name="Apply").click()
    board.get_by_role("button", name="Apply 4,000/s").click()
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 4000)
