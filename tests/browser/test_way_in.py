"""From a small shop into the line and to a coupon: signed out, by one press."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.house import House, open_house
from tests.servers import drop_database, fresh_database
from tests.small_shop import SmallShop, open_shop

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def shop() -> Iterator[SmallShop]:
    with open_shop() as opened:
        yield opened


@pytest.fixture(scope="module")
def beside_shop(servers, template, shop, tmp_path_factory) -> Iterator[House]:
    """All processes beside a shop, which alone signs members in."""
    name = f"waitroom_shop_{secrets.token_hex(4)}"
    url = fresh_database(servers.database_url, name, template=template)
    folder: Path = tmp_path_factory.mktemp("shop")
    with open_house(url, servers.redis_url, folder, DEMO="0", SIGNIN_URL=shop.signin_url) as house:
        house.environ["BASE_URL"] = shop.line_url = house.base_url
        shop.identity = house.identity
        house.start_all()
        yield house
    drop_database(servers.database_url, name)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_one_press_leads_through_the_shop_into_the_line(
    browser: Browser, beside_shop, code, scripts, shop
):
    beside_shop.offer(code, total=10)
    context = browser.new_context(
        java_script_enabled=scripts, viewport=PHONE, base_url=beside_shop.base_url
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))

    page.goto(f"/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    page.wait_for_url(f"{shop.url}/login**")
    page.get_by_label("Shop name").fill("alice")
    page.get_by_role("button", name="Enter the shop").click()

    page.wait_for_url(f"**/rooms/{code}")
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=60_000)
    context.close()
    assert said == [], "no redirect was blocked"
    assert [one["coupon_code"] for one in beside_shop.member("GET", "/api/me/coupons", "alice")[1]]


def test_back_from_the_shop_leads_to_the_coupon_and_not_into_a_circle(
    browser: Browser, beside_shop, code, shop
):
    beside_shop.offer(code, total=10)
    context = browser.new_context(viewport=PHONE, base_url=beside_shop.base_url)
    page = context.new_page()
    page.goto(f"/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    page.wait_for_url(f"{shop.url}/login**")

    page.go_back()

    expect(page.get_by_role("button", name="Get in line")).to_be_visible()
    context.close()
