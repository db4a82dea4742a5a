"""The result on paper: one A4 page, with the sentence, the figures and the chart."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from issuance.history.minutes import Minute, save_minutes
from issuance.tables import MINUTE_COUNTS, rooms
from tests.browser.console import Account, sign_in
from tests.house import House, eventually

A4 = {"format": "A4", "print_background": True}


@pytest.fixture
def result(page: Page, house: House, code: str, operator: Account) -> Page:
    """The result of a sale of an hour, in which two coupons were issued."""
    house.offer(code, total=2)
    for n in range(3):
        house.member("POST", f"/api/rooms/{code}/enter", f"member-{n}")
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["issued"] == 2)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(add_minutes, house, code).result()
    sign_in(page, operator)
    page.goto(f"/admin/rooms/{code}/result")
    expect(page.locator(".sale-area").first).to_be_visible()
    return page


def add_minutes(house: House, code: str) -> None:
    url = house.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    began, counts = datetime.now(UTC) - timedelta(hours=2), dict.fromkeys(MINUTE_COUNTS, 1)
    minutes = [Minute(began + timedelta(minutes=n), 60 - n, 60 - n, counts) for n in range(60)]
    try:
        with engine.begin() as tx:
            room_id = tx.execute(select(rooms.c.id).where(rooms.c.code == code)).scalar_one()
        save_minutes(engine, {room_id: minutes})
    finally:
        engine.dispose()


def test_it_prints_to_one_a4_page(result: Page):
    printed = result.pdf(**A4)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_it_draws_the_whole_sale_too(result: Page):
    expect(result.locator(".result-sentence")).to_contain_text("2 coupons went to 2 members")
    box = result.locator(".sale svg").bounding_box()

    assert box is not None
    assert box["height"] > 100
