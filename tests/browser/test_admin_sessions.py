"""Sessions of the console in a browser: what a viewer is offered and refused, and how one ends."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Account, add_admin, sign_in
from tests.house import House, eventually

# As a page of ours would send it, with the session and from the same site.
POST = """async ([path, form]) => {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(form) });
  return answer.status;
}"""


@pytest.fixture(scope="module")
def viewer(house: House) -> Account:
    return add_admin(house, "viewer")


def test_a_viewer_is_offered_no_change_and_refused_one(
    page: Page, viewer: Account, house, code, no_complaints
):
    house.offer(code, total=10, rate_per_s=20, burst=1)
    sign_in(page, viewer)
    edit, room = f"/admin/coupons/{code}", f"/admin/rooms/{code}"

    expect(page.get_by_role("link", name="New coupon")).to_have_count(0)
    for path in (f"{edit}/edit", room, f"{room}/result", "/admin/audit"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, path
        expect(page.locator("main form[method=post]").get_by_role("button")).to_have_count(0)
        # A filter changes nothing.
        changing = "main input:enabled:not([type=hidden], form[method=get] *)"
        expect(page.locator(changing)).to_have_count(0)
    before = house.admin("GET", f"/rooms/{code}")
    # How many connections and workers are in use changes by itself.
    by_itself = {"db_connections", "workers", "workers_busy", "backlog"}
    version = str(before["version"])
    for path, form in (
        (f"{room}/turn", {"what": "pause", "version": version}),
        (f"{room}/simulate", {"members": "10"}),
        (f"{edit}/edit", {"total_count": "99", "was-total_count": "10"}),
        (f"{edit}/branding", {"name": "Changed"}),
        ("/admin/coupons/new", {"code": "changed"}),
    ):
        assert page.evaluate(POST, [path, form]) == 403, path

    after = house.admin("GET", f"/rooms/{code}")
    assert {name for name in after if after[name] != before[name]} <= by_itself
    assert all("403" in said for said in no_complaints)
    no_complaints.clear()


def test_signing_out_everywhere_ends_the_session_in_every_browser(
    page: Page, browser: Browser, base_url: str, viewer: Account
):
    at_the_door = re.compile("/admin/signin")
    sign_in(page, viewer)
    with browser.new_context(base_url=base_url) as context:
        other = context.new_page()
        sign_in(other, viewer)

        page.get_by_role("button", name="Sign out everywhere").click()

        expect(page).to_have_url(at_the_door)
        page.goto("/admin")
        expect(page).to_have_url(at_the_door)
        # Other processes may count it for a second longer.
        eventually(lambda: other.goto("/admin") and at_the_door.search(other.url))
        sign_in(other, viewer)
