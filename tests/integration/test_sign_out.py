"""Signing out ends all sessions of a member, in every browser and every process."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.test_hand_over import followed, link, who
from tests.integration.web_cast import client_of


@pytest.fixture
async def phone(app):
    """Another device of the same member."""
    async with client_of(app) as opened:
        yield opened


async def kept(client: httpx.AsyncClient) -> dict[str, str]:
    return dict(client.cookies)


async def test_signing_out_here_ends_the_session_there(client, phone):
    await followed(client, link("alice"))
    await followed(phone, link("alice"))

    await client.post("/signout")

    assert await who(phone) is None
    assert (await phone.get("/api/me/coupons")).status_code == 401


async def test_a_copied_cookie_ends_with_its_session(client, phone):
    await followed(client, link("alice"))
    phone.cookies.update(client.cookies)

    await client.post("/signout")

    assert (await phone.get("/api/me/coupons")).status_code == 401


async def test_who_signs_in_again_at_once_is_signed_in(client):
    for _ in range(3):
        await followed(client, link("alice"))
        assert await who(client) == "alice"
        await client.post("/signout")
        assert await who(client) is None


async def test_signing_out_ends_nobody_elses_session(client, phone):
    await followed(client, link("alice"))
    await followed(phone, link("bob"))

    await client.post("/signout")

    assert await who(phone) == "bob"
