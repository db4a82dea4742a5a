"""From an issued coupon back to the shop: the button, the code, its QR code, and the last day."""

from __future__ import annotations

import re

import pytest

from tests.integration.cast import HOUR, on_offer
from tests.integration.web_cast import ADMIN, Html, checked_problem, in_line, serve, token
from web.pages.member.coupon_files import LINE_BYTES_MAX

SHOP = "https://shop.example/checkout?cart=7"


@pytest.fixture
async def winner(client, line, engine, code):
    """A member who holds the coupon of a room with a return_url. Returns their short code."""
    await in_line(line, engine, code)
    changed = await client.patch(
        f"/api/admin/rooms/{code}/branding", json={"return_url": SHOP}, headers=ADMIN
    )
    assert changed.json()["return_url"] == SHOP
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter")
    await serve(line, engine, code)
    place = (await client.get(f"/api/rooms/{code}/place")).json()
    return place["issued_coupon"]["short_code"]


async def test_the_qr_code_is_the_shops_address(client, code, winner):
    answer = await client.get(f"/coupons/{code}/qr.svg?coupon={winner.lower()}")
    again = await client.get(f"/coupons/{code}/qr.svg?coupon={winner}")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("<svg")
    assert "<script" not in answer.text
    assert again.text == answer.text
    other = await client.get(f"/coupons/{code}/qr.svg?coupon=00000000")
    assert other.text != answer.text


@pytest.mark.parametrize("text", ["", "x", "<svg>", "K7M2P9Q!", "K7M2P9QXX", "U" * 8])
async def test_what_is_no_code_has_no_qr_code(client, engine, code, text):
    on_offer(engine, code)

    answer = await client.get(f"/coupons/{code}/qr.svg", params={"coupon": text})

    assert answer.status_code == 404


async def test_a_coupon_that_is_not_there_has_no_files(client, code):
    for path in ("qr.svg?coupon=K7M2P9QX", "last-day.ics"):
        assert (await client.get(f"/coupons/{code}/{path}")).status_code == 404


async def test_the_last_day_is_a_calendars_event(client, engine, code):
    offer = on_offer(engine, code, description="봄 세일; 5천원, 한 장\\" + "길" * 60)

    answer = await client.get(f"/coupons/{code}/last-day.ics", headers={"Accept-Language": "ko"})

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert f'filename="{code}.ics"' in answer.headers["content-disposition"]
    lines = answer.content.split(b"\r\n")
    assert all(len(one) <= LINE_BYTES_MAX for one in lines)
    whole = answer.content.replace(b"\r\n ", b"").decode()
    ends = offer.coupon.expire_date
    assert f"DTEND:{ends:%Y%m%dT%H%M%SZ}\r\n" in whole
    assert f"DTSTART:{ends - HOUR:%Y%m%dT%H%M%SZ}\r\n" in whole
    assert "봄 세일\\; 5천원\\, 한 장\\\\" in whole
    assert whole.startswith("BEGIN:VCALENDAR\r\n")
    assert whole.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")


async def test_an_address_that_is_none_is_refused_with_what_to_do(client, line, engine, code):
    await in_line(line, engine, code)

    answer = await client.patch(
        f"/api/admin/rooms/{code}/branding", json={"return_url": "shop.example"}, headers=ADMIN
    )

    assert "http:// or https://" in checked_problem(answer, "bad_request", 422)["detail"]


def links(page: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)"', page)]


async def test_the_ticket_page_leads_to_the_shop_with_the_code(client, code, winner):
    page = await client.get(f"/rooms/{code}")

    assert f"{SHOP}&coupon={winner}" in links(page.text)
    assert "Use it at Open Run" in Html(page).text
    assert f"{winner[:4]}-{winner[4:]}" in Html(page).text
    assert f'data-copy="{winner}"' in page.text
    assert f"{SHOP}&coupon={winner}" in links((await client.get("/me")).text)


async def test_without_an_address_of_the_shop_the_button_leads_to_my_coupons(client, code, winner):
    await client.patch(f"/api/admin/rooms/{code}/branding", json={"return_url": ""}, headers=ADMIN)

    page = await client.get(f"/rooms/{code}")

    assert "Use it at" not in Html(page).text
    assert "/me" in links(page.text)


async def test_a_used_coupon_looks_used_everywhere(client, code, winner):
    held = (await client.get("/api/me/coupons")).json()
    await client.post(f"/me/coupons/{held[0]['id']}/use")

    for path in (f"/rooms/{code}", "/me"):
        page = await client.get(path)
        assert "Used" in Html(page).text, path
        assert "ticket-gold" not in page.text, path
        assert f"coupon={winner}" not in page.text, path
    assert "You have used this coupon" in Html(await client.get(f"/rooms/{code}")).text
