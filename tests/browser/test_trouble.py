"""A bad network and a restart: the page goes on by itself, and the place is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.house import House, open_house


@pytest.fixture
def no_complaints() -> None:
    """Here the browser has every reason to complain."""


@pytest.fixture
def own_house(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """Not the one the other tests share: this one is killed."""
    with open_house(database_url, redis_url, tmp_path) as made:
        yield made


def test_the_page_goes_on_by_itself_when_the_server_is_restarted(page: Page, own_house, code):
    house = own_house
    web = house.start_web()
    house.start("admitter")
    house.start("worker")
    house.offer(code, total=10)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    page.goto(f"{house.base_url}/signin?token={house.identity.mint('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    expect(page.locator("#place .number")).to_have_text("1")

    house.kill(web)
    expect(page.locator("#trouble")).to_be_visible(timeout=30_000)
    house.start_web()
    expect(page.locator("#trouble")).to_be_hidden(timeout=30_000)

    expect(page.locator("#place .number")).to_have_text("1")
    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=20_000)
