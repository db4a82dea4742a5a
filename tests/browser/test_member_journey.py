"""The whole way of a member: sign in, take a place, see it move, hold a coupon, use it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from tests.house import House

# The number on the page; null where it shows none.
PLACE = "document.querySelector('#place.place-waiting .number')?.innerText ?? null"
PHONE = {"width": 390, "height": 844}


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Sign in").click()


def stand_before(house: House, code: str, people: int) -> None:
    """Put others at the head of the line."""
    with ThreadPoolExecutor(8) as pool:
        path = f"/api/rooms/{code}/enter"
        crowd = [f"other-{n}" for n in range(people)]
        answers = list(pool.map(lambda m: house.member("POST", path, m)[0], crowd))
    assert set(answers) <= {200, 202}


def place_shown(page: Page) -> int:
    return int(page.locator("#place .number").inner_text().replace(",", ""))


def test_from_the_front_page_to_a_coupon_that_is_used(page: Page, house, code):
    house.offer(code, total=500, rate_per_s=20, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    stand_before(house, code, 60)

    page.goto("/")
    page.locator(f'a[href="/coupons/{code}"]').first.click()
    page.get_by_role("button", name="Get in line").click()
    sign_in(page, "alice")
    page.wait_for_url(f"**/rooms/{code}")
    first = place_shown(page)
    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    page.wait_for_function(
        "before => { const n = document.querySelector('#place .number');"
        " return !n || Number(n.innerText.replace(',', '')) < before }",
        arg=first,
    )
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=60_000)

    page.get_by_role("link", name="See my coupons").click()
    page.get_by_text("Use this coupon").click()
    page.get_by_role("button", name="Use", exact=True).click()
    expect(page.get_by_text(re.compile("used", re.IGNORECASE)).first).to_be_visible()
    assert house.member("GET", "/api/me/coupons", "alice")[1][0]["status"] == "USED"


def test_a_place_only_ever_falls(page: Page, house, code):
    house.offer(code, total=500, rate_per_s=4, burst=1)
    stand_before(house, code, 60)
    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()

    expect(page.locator("#place .number")).to_be_visible()
    seen: list[int] = []
    while (place := page.evaluate(PLACE)) is not None:
        seen.append(int(place.replace(",", "")))
        if len(set(seen)) == 3:  # enough was seen of it
            house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 60})
        page.wait_for_timeout(200)

    assert len(set(seen)) >= 3
    assert seen == sorted(seen, reverse=True)


def test_closing_the_tab_and_coming_back_keeps_the_place(page: Page, house, code):
    house.offer(code, total=500)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    stand_before(house, code, 5)
    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    page.wait_for_url(f"**/rooms/{code}")
    assert place_shown(page) == 6
    expect(page.locator("#place .outlook-resting")).to_contain_text("Paused for a moment")

    again = page.context.new_page()
    page.close()
    again.goto(f"/coupons/{code}")
    again.get_by_role("link", name="See your place").click()

    assert place_shown(again) == 6


def test_leaving_is_asked_twice_and_gives_the_place_up(page: Page, house, code):
    house.offer(code, total=500)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()

    page.get_by_text("Leave the line", exact=True).click()
    page.get_by_role("button", name="Yes, leave the line").click()

    page.wait_for_url(f"**/coupons/{code}?left=1")
    expect(page.get_by_text("You have left the line")).to_be_visible()
    assert house.member("GET", f"/api/rooms/{code}/place", "alice")[0] == 404


def test_who_waits_when_the_last_one_goes_is_told(page: Page, house, code):
    house.offer(code, total=5, rate_per_s=4, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    stand_before(house, code, 10)
    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    expect(page.locator("#place.place-waiting")).to_be_visible()

    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})

    expect(page.get_by_role("heading", name="Sold out")).to_be_visible(timeout=60_000)
    expect(page.locator("#place")).to_contain_text("All 5 coupons went to people ahead of you.")
    assert page.locator("#place[hx-get]").count() == 0


def test_without_javascript_the_whole_way_works(browser: Browser, house, code, base_url):
    house.offer(code, total=10, rate_per_s=2, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    stand_before(house, code, 2)
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, base_url=base_url)
    page = context.new_page()

    page.goto(f"/coupons/{code}")
    page.get_by_role("button", name="Get in line").click()
    sign_in(page, "bob")
    expect(page.locator("#place.place-waiting")).to_be_visible()
    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    expect(page.get_by_role("heading", name="You have your coupon")).to_be_visible(timeout=60_000)

    context.close()
    assert house.member("GET", "/api/me/coupons", "bob")[1][0]["status"] == "UNUSED"


def test_from_the_lobby_to_a_coupon_in_korean_without_a_touch(browser: Browser, house, code):
    """The draw's lobby turns into the line, the line into a coupon: the stream tells, not we."""
    opens_at = datetime.now(UTC) + timedelta(minutes=9)
    house.offer(code, total=50, opens_at=opens_at, opening="draw", rate_per_s=10, burst=1)
    stand_before(house, code, 20)
    context = browser.new_context(viewport=PHONE, base_url=house.base_url, locale="ko-KR")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.rpartition("/")[2]))

    page.goto(f"/signin?token={house.identity.sign('alice')}&next=/coupons/{code}")
    page.get_by_role("button", name="사전 대기실로 가기").click()
    expect(page.get_by_role("heading", name="사전 대기실에 들어왔어요")).to_be_visible()
    expect(page.locator("#place")).to_contain_text("추첨으로 정해요")
    expect(page.locator(".countdown .number")).to_have_text(re.compile(r"0[78]:\d\d"))
    page.evaluate("document.querySelector('#place h1').dataset.same = '1'")
    left = page.locator(".countdown .number").inner_text()
    expect(page.locator(".countdown .number")).not_to_have_text(left)
    assert page.locator("#place h1").get_attribute("data-same") == "1", "only words were changed"
    house.admin("PATCH", f"/coupons/{code}", {"opens_at": datetime.now(UTC).isoformat()})

    expect(page.locator("#place.place-waiting, #place.place-issued")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="쿠폰을 받았어요")).to_be_visible(timeout=60_000)
    assert page.title() == "쿠폰을 받았어요 · Open Run"
    assert asked.count("live") == 1
    assert asked.count("place") <= 1, "who is told need not ask"
    context.close()
