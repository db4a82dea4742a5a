"""The board before somebody who turns a rate while a crowd waits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from tests.house import House, eventually


@pytest.fixture
def console(browser: Browser, house: House) -> Iterator[Page]:
    """A browser whose every request has the admin token."""
    context = browser.new_context(
        base_url=house.base_url,
        extra_http_headers={"Authorization": f"Bearer {house.admin_token}"},
    )
    yield context.new_page()
    context.close()


def gauge(page: Page, key: str) -> float:
    shown = page.locator(f'[data-gauge="{key}"] b').inner_text(timeout=2_000)
    return float(re.sub(r"[^\d.]", "", shown) or 0)


def rows(house: House, code: str) -> set[str]:
    url = house.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.begin() as tx:
        found = tx.execute(
            text(
                "SELECT i.id FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id"
                " WHERE c.code = :code"
            ),
            {"code": code},
        )
        ids = {str(one) for one in found.scalars()}
    engine.dispose()
    return ids


def test_a_crowd_is_watched_slowed_paused_and_let_through(console: Page, house, code):
    page = console
    house.offer(code, total=400, rate_per_s=20, burst=1)
    page.goto(f"/admin/rooms/{code}")
    page.get_by_label("How many, all within a second").fill("500")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("500 simulated members are on their way.")).to_be_visible()
    expect(page.locator("#going")).to_contain_text("of 20/s asked", timeout=15_000)
    page.wait_for_timeout(5_000)
    assert 14 <= gauge(page, "admitted_per_s") <= 26
    assert page.locator(".chart canvas").count() == 3

    page.get_by_label("Admissions a second").last.fill("10")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("#going")).to_contain_text("of 10/s asked", timeout=3_000)
    page.wait_for_timeout(6_500)
    assert 7 <= gauge(page, "admitted_per_s") <= 13, "what is measured has followed"
    expect(page.locator("#board")).to_contain_text("the rate from 20/s to 10/s")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#going")).to_contain_text("Paused.", timeout=3_000)
    issued = len(rows(house, code))
    page.wait_for_timeout(1_500)
    assert len(rows(house, code)) - issued <= 10, "who was under way gets theirs"

    page.get_by_role("button", name="Resume").click()
    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 2_000})
    expect(page.locator("#rate")).to_have_value("2000", timeout=4_000)
    expect(page.locator("#going")).to_have_text("Sold out.", timeout=20_000)
    eventually(lambda: len(rows(house, code)) == 400)

    page.get_by_role("link", name="Result").click()
    # By the link's address: a browser's own download would go without the header.
    link = page.get_by_role("link", name="Everybody who got one (CSV)").get_attribute("href")
    answer = page.request.get(link)
    assert answer.ok, answer.text()
    assert answer.headers["content-disposition"] == f'attachment; filename="{code}-issued.csv"'
    found = list(csv.DictReader(io.StringIO(answer.body().decode(), newline="")))
    assert {row["id"] for row in found} == rows(house, code)
    assert len(found) == 400


def test_two_admins_do_not_overwrite_each_other_unseen(browser: Browser, console, house, code):
    house.offer(code, total=10, rate_per_s=20, burst=1)
    page = console
    page.goto(f"/admin/rooms/{code}")
    page.locator("#rate").fill("40")  # somebody is typing, so what they type is not taken away

    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 5})
    expect(page.locator("#board")).to_contain_text("the rate from 20/s to 5/s", timeout=4_000)
    assert page.locator("#rate").input_value() == "40"
    page.get_by_role("button", name="Put in force").click()

    expect(page.get_by_role("alert")).to_contain_text("In force now: 5/s, open.")
    assert house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 5
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("#going")).to_be_visible()
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 40, within_s=3)


def test_without_javascript_it_can_all_be_done(browser: Browser, house, code):
    house.offer(code, total=10, rate_per_s=20, burst=1)
    context = browser.new_context(
        base_url=house.base_url,
        java_script_enabled=False,
        extra_http_headers={"Authorization": f"Bearer {house.admin_token}"},
    )
    page = context.new_page()
    page.goto(f"/admin/rooms/{code}")
    expect(page.locator("#going")).to_have_text("Nobody waits.")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#going")).to_have_text("Paused. Nobody waits.")
    page.get_by_text("Close the line").click()
    page.get_by_role("button", name="Yes, close it").click()
    expect(page.locator("#going")).to_have_text("Closed. Nobody is let through any more.")

    context.close()
