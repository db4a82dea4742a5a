"""A bad network and a restart: the page goes on by itself, and the place is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.house import House, open_house


@pytest.fixture
def no_complaints() -> None:
    """Here the browser has every reason to complain."""


@pytest.fixture
def own_house(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """Not the one the other tests share: this one is killed."""
    with open_house(database_url, redis_url, tmp_path) as made:
        yield made


def is_stream(response: Response) -> bool:
    return response.url.endswith("/live") and response.status == 200


def test_two_in_line_follow_it_by_stream_and_go_on_after_a_restart(
    page: Page, browser: Browser, own_house, code
):
    house = own_house
    web = house.start_web()
    house.start("admitter")
    house.start("worker")
    # Slow enough to see the second one stand first for a while.
    house.offer(code, total=10, rate_per_s=0.3, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    asked: list[str] = []
    with browser.new_context() as context:
        behind = context.new_page()
        for member, one, place in (("alice", page, "1"), ("bob", behind, "2")):
            token = house.identity.sign(member)
            one.goto(f"{house.base_url}/signin?token={token}&next=/coupons/{code}")
            one.get_by_role("button", name="Get in line").click()
            expect(one.locator("#place .number")).to_have_text(place)
            one.wait_for_load_state()  # what is to go on by itself must have come

        house.kill(web)
        for one in (page, behind):
            expect(one.locator("#trouble")).to_be_visible(timeout=60_000)
        with behind.expect_response(is_stream, timeout=60_000):
            house.start_web()
        for one, place in ((page, "1"), (behind, "2")):
            expect(one.locator("#trouble")).to_be_hidden(timeout=60_000)
            expect(one.locator("#place .number")).to_have_text(place)

        # A page that has its stream again does not poll.
        behind.on("request", lambda request: asked.append(request.url))
        house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
        expect(behind.locator("#place .number")).to_have_text("1", timeout=60_000)
        expect(page.locator("#place.place-issued")).to_be_visible(timeout=60_000)
        expect(behind.locator("#place.place-issued")).to_be_visible(timeout=60_000)

    assert [url for url in asked if url.endswith("/place")] == []
