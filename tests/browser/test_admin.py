"""The console before an operator: a coupon is made, opened, watched, and answered for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from tests.browser.console import Account, gauge, shown, sign_in
from tests.house import House, eventually

TOTAL, CROWD, RATE_PER_S = 800, 900, 30
WITHIN_MS = 60_000


@pytest.fixture
def console(page: Page, operator: Account) -> Page:
    """A browser in which an operator has signed in."""
    sign_in(page, operator)
    return page


def rows(house: House, code: str) -> set[tuple[str, str, datetime]]:
    """Who holds this coupon, by Postgres: id, member, time."""
    url = house.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    query = text(
        "SELECT i.id, i.member_id, i.issued_at FROM issued_coupons i"
        " JOIN coupons c ON c.id = i.coupon_id WHERE c.code = :code"
    )
    try:
        with engine.begin() as tx:
            found = tx.execute(query, {"code": code}).all()
        return {(str(id_), member_id, issued_at) for id_, member_id, issued_at in found}
    finally:
        engine.dispose()


def listed(file: Path) -> list[tuple[str, str, datetime]]:
    """The same, by the file that was downloaded."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            (one["id"], one["member_id"], datetime.fromisoformat(one["issued_at"]))
            for one in csv.DictReader(lines)
        ]


def on_offer(page: Page, code: str, opens_at: datetime) -> None:
    page.get_by_role("link", name="New coupon").click()
    page.locator("details.advanced summary").click()
    for label, value in {
        "Code": code,
        "Quantity": str(TOTAL),
        "Description": "Summer sale",
        "Amount or percentage": "5000",
        "Opens at (UTC)": f"{opens_at:%Y-%m-%dT%H:%M}",
        "Admissions per second": str(RATE_PER_S),
        "Burst": str(RATE_PER_S),
        "Lobby before the opening": "2 h",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")


def put_in_force(page: Page, rate_per_s: int) -> None:
    page.locator("#rate").fill(str(rate_per_s))
    page.get_by_role("button", name="Apply").click()
    target = page.locator('[data-gauge="admitted_per_s"]')
    confirm = page.get_by_role("button", name=f"Apply {rate_per_s:,}/s", exact=True)
    expect(confirm.or_(target.get_by_text(f"of {rate_per_s:,}/s")).first).to_be_visible()
    if confirm.is_visible():
        confirm.click()
    expect(target).to_contain_text(f"of {rate_per_s:,}/s", timeout=WITHIN_MS)


def open_now(page: Page) -> None:
    page.get_by_label("Opens at (UTC)").fill(f"{datetime.now(UTC):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved")


def send_crowd(page: Page) -> None:
    """By the board; its charts are there then."""
    page.get_by_label("Members, all within one second").fill(str(CROWD))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text(f"Sent {CROWD} simulated members.")).to_be_visible()
    expect(page.locator(".chart canvas")).to_have_count(4, timeout=WITHIN_MS)


def downloaded(page: Page, code: str) -> list[tuple[str, str, datetime]]:
    """The rows of the file that the result offers."""
    page.get_by_role("link", name="Result").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Issued coupons (CSV)").click()
    assert download.value.suggested_filename == f"{code}-issued.csv"
    return listed(download.value.path())


def test_a_coupon_is_made_opened_watched_slowed_paused_and_let_through(
    console: Page, operator: Account, house, code
):
    page, going = console, console.locator("#going")
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)

    on_offer(page, code, in_an_hour)
    assert house.member("POST", f"/api/rooms/{code}/enter", "early")[0] == 202, "in the lobby"
    page.goto("/admin")
    offer = page.get_by_role("listitem").filter(has_text=code)
    expect(offer).to_contain_text("Not open yet")
    expect(offer.locator("time").first).to_have_attribute(
        "datetime", f"{in_an_hour:%Y-%m-%dT%H:%M}:00.000+00:00"
    )

    offer.get_by_role("link", name="Edit").click()
    open_now(page)
    eventually(lambda: {member for _, member, _ in rows(house, code)} == {"early"})

    page.get_by_role("link", name="Live board").click()
    send_crowd(page)
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["entered"] == 1 + CROWD)
    place = last_in_line(house, code)
    eventually(lambda: 0.8 <= shown(page, "admitted_per_s") / RATE_PER_S <= 1.2)
    legend = page.locator('[data-chart="through"] .u-legend .u-value')
    expect(legend.last).to_have_text(str(RATE_PER_S))  # though no pointer says which second

    put_in_force(page, RATE_PER_S // 2)
    eventually(lambda: 0.4 <= shown(page, "admitted_per_s") / RATE_PER_S <= 0.6)

    pause_and_resume(page, house, code, place)
    put_in_force(page, 2_000)
    expect(going).to_have_text("Sold out.", timeout=WITHIN_MS)
    eventually(lambda: len(rows(house, code)) == TOTAL)

    found = downloaded(page, code)
    assert len(found) == TOTAL
    assert set(found) == rows(house, code)
    page.goto(f"/admin/audit?subject={code}")
    trail = page.locator(".trail").get_by_role("listitem")
    expect(trail).to_have_count(6)
    expect(trail.filter(has_text=operator.name)).to_have_count(6)


def pause_and_resume(page: Page, house: House, code: str, place: Callable[[], int]) -> None:
    """Places stay while the room is paused, and move on when it is not."""
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#going")).to_contain_text("Paused.", timeout=WITHIN_MS)
    kept = shown(page, "waiting"), place()
    expect(gauge(page, "admitted_per_s")).to_have_text("0/s", timeout=WITHIN_MS)
    assert (shown(page, "waiting"), place()) == kept, "places stay"
    eventually(lambda: len(rows(house, code)) == 2 + CROWD - kept[0])

    page.get_by_role("button", name="Resume").click()
    eventually(lambda: shown(page, "admitted_per_s") > 0 and place() < kept[1])


def last_in_line(house: House, code: str) -> Callable[[], int]:
    """Somebody comes after all others; how many are ahead of them, now and whenever asked."""
    member_id = "late"
    status, body = house.member("POST", f"/api/rooms/{code}/enter", member_id)
    assert status == 202, body
    return lambda: int(house.member("GET", f"/api/rooms/{code}/place", member_id)[1]["ahead"])


def test_two_admins_do_not_overwrite_each_other_unseen(console: Page, house, code, no_complaints):
    house.offer(code, total=10, rate_per_s=20, burst=1)
    page = console
    page.goto(f"/admin/rooms/{code}")
    page.locator("#rate").fill("12")  # somebody is typing, so what they type is not taken away

    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 5})
    expect(page.locator("#board")).to_contain_text("rate 20/s → 5/s", timeout=WITHIN_MS)
    assert page.locator("#rate").input_value() == "12"
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_role("alert")).to_contain_text("Current settings: 5/s, open.")
    assert house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 5
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#going")).to_be_visible()
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["rate_per_s"] == 12)
    assert ["409" in said for said in no_complaints] == [True]
    no_complaints.clear()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_it_can_all_be_done(console: Page, house, code):
    house.offer(code, total=10, rate_per_s=20, burst=1)
    page = console
    page.goto(f"/admin/rooms/{code}")
    expect(page.locator("#going")).to_have_text("Nobody is waiting.")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#going")).to_have_text("Paused. Nobody is waiting.")
    page.locator("summary", has_text="Drain or close").click()
    page.get_by_role("button", name="Close the line").click()
    expect(page.get_by_role("alert")).to_contain_text("End it for 0 in line?")
    page.get_by_role("alert").get_by_role("button", name="Close the line").click()
    expect(page.locator("#going")).to_have_text("Closed. Nobody is admitted any more.")
