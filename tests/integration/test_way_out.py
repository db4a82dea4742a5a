"""From an issued coupon back to the shop: the button and the code, until it is used or expired."""

from __future__ import annotations

import re

import pytest

from tests.integration.web_cast import ADMIN, Html, in_line, serve, token

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
