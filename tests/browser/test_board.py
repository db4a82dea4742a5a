"""The board that an admin opens before anybody comes: its charts go on whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.console import Account, sign_in
from tests.house import House, eventually

WITHIN_MS = 60_000
CHARTS = 4
CROWD = 10_000


@pytest.fixture
def board(page: Page, house: House, code: str, operator: Account) -> Page:
    """The live board of a room that is open, into which nobody has come yet."""
    sign_in(page, operator)
    house.offer(code, total=CROWD, rate_per_s=20, burst=1)
    page.goto(f"/admin/rooms/{code}")
    expect(page.locator(".chart canvas")).to_have_count(CHARTS, timeout=WITHIN_MS)
    return page


def asked_for_series(page: Page) -> list[str]:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/series" in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def comes(page: Page, true: Callable[[], bool]) -> None:
    """Wait until it is so; the browser's events reach us only while a page is waited for."""
    eventually(lambda: true() or page.wait_for_timeout(200))


def last_second(page: Page) -> str:
    """The time of the newest second that the charts show."""
    legend = page.locator('[data-chart="coming"] .u-legend .u-series').first
    return legend.locator(".u-value").inner_text()


def test_the_charts_go_on_when_the_first_member_arrives(board: Page, house: House, code: str):
    """What is drawn becomes shorter then: from the quiet quarter of an hour to the last minutes."""
    asked = asked_for_series(board)
    assert house.member("POST", f"/api/rooms/{code}/enter", "first")[0] == 202
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["issued"] == 1)
    board.wait_for_timeout(2_500)

    asked.clear()
    before = last_second(board)
    comes(board, lambda: len(asked) >= 2)
    comes(board, lambda: last_second(board) > before)


def test_an_error_does_not_end_the_asking(board: Page, no_complaints: list[str]):
    """Something else than figures comes once: a proxy's page, as in the middle of a deploy."""
    answers: list[str] = []

    def answer(route: Route) -> None:
        answers.append(route.request.url)
        route.fulfill(content_type="application/json", body='{"begins_at": "soon"}')

    board.route("**/series?*", answer, times=2)
    comes(board, lambda: len(answers) == 2)
    asked = asked_for_series(board)

    comes(board, lambda: len(asked) >= 2)
    assert no_complaints, "the console names the error"
    no_complaints.clear()


def test_a_change_is_listed_with_its_mark_and_the_charts_go_on(
    board: Page, house: House, code: str
):
    """Of a colleague, without a reload."""
    asked = asked_for_series(board)

    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 30})

    expect(board.locator("#changes [data-mark=B]")).to_contain_text("20 → 30", timeout=WITHIN_MS)
    asked.clear()
    comes(board, lambda: len(asked) >= 2)


@pytest.mark.slow
def test_a_board_opened_before_a_crowd_still_draws_a_minute_later(
    board: Page, house: House, code: str
):
    """Ten thousand come by HTTP, as `waitroom crowd` sends them, and stay in line."""
    asked = asked_for_series(board)
    argv = [sys.executable, "-m", "cli", "crowd", code, "--members", str(CROWD), "--within", "5"]
    sent = subprocess.Popen(
        [*argv, "--url", house.base_url],
        env={**os.environ, **house.environ},
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: house.admin("GET", f"/rooms/{code}")["waiting"] > CROWD // 2)
        board.wait_for_timeout(60_000)

        asked.clear()
        before = last_second(board)
        comes(board, lambda: len(asked) >= 2)
        comes(board, lambda: last_second(board) > before)
        expect(board.locator(".chart canvas")).to_have_count(CHARTS)
    finally:
        sent.terminate()
        sent.wait()
