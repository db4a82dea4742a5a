"""Who presses the button before signing in gets a place by that one press, and nobody else does."""

from __future__ import annotations

import pytest

from domain.room_settings import RoomSettings
from tests.integration.hand_over_cast import FOLLOWS, LOOKERS, PLAIN, link
from tests.integration.web_cast import (
    TICKET_SECRET,
    Html,
    app_with,
    by,
    client_of,
    cookies_set,
    in_line,
)
from web.auth.intents import AGE_MAX_S, INTENT_COOKIE, EnterIntents

ARRIVAL = "/signed-in"


@pytest.fixture
async def room(line, engine, code):
    return (await in_line(line, engine, code)).coupon.code


@pytest.fixture
async def browser(app):
    """A second browser."""
    async with client_of(app) as opened:
        yield opened


async def has_place(client, code: str, member: str = "alice") -> bool:
    return (await client.get(f"/api/rooms/{code}/place", headers=by(member))).status_code == 200


async def pressed(client, code: str):
    """The button of the coupon page, before signing in."""
    return await client.post(f"/rooms/{code}/enter")


async def handed_over(client, code: str, member: str = "alice", **headers: str) -> str:
    """Sign in by the shop's link. Returns where it leads."""
    query = {"token": link(member), "next": f"/coupons/{code}"}
    answer = await client.get("/signin", params=query, headers=FOLLOWS | headers)
    assert answer.headers["location"].startswith(ARRIVAL)
    return answer.headers["location"]


async def arrived(client, address: str, headers=FOLLOWS):
    return await client.get(address, headers=headers)


async def test_one_press_before_signing_in_is_one_place(client, room):
    sent = await pressed(client, room)
    answer = await arrived(client, await handed_over(client, room))

    assert sent.headers["location"] == f"/signin?next=/coupons/{room}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rooms/{room}")
    assert {f"ticket-{room}", f"from-{room}"} <= cookies_set(answer).keys()
    assert await has_place(client, room)
    assert Html(await client.get(f"/rooms/{room}")).place["data-state"] == "waiting"


async def test_by_the_demos_form_too(parts, line, engine, code):
    await in_line(line, engine, code)
    async with client_of(app_with(parts, demo=True)) as client:
        page = Html(await client.get((await pressed(client, code)).headers["location"]))
        sent = await client.post("/signin", data=page.forms["/signin"] | {"name": "홍길동"})
        answer = await arrived(client, sent.headers["location"])

    assert answer.headers["location"] == f"/rooms/{code}"


async def test_signing_in_without_having_pressed_takes_no_place(client, room):
    answer = await arrived(client, await handed_over(client, room))

    assert answer.headers["location"] == f"/coupons/{room}"
    assert not await has_place(client, room)


async def test_an_intent_is_used_once(client, browser, room):
    """Also where somebody has copied the cookie, and after its owner has left."""
    await pressed(client, room)
    copied = client.cookies.get(INTENT_COOKIE)
    await arrived(client, await handed_over(client, room))
    assert client.cookies.get(INTENT_COOKIE) is None
    await client.post(f"/rooms/{room}/leave")

    browser.cookies.set(INTENT_COOKIE, copied)
    again = await arrived(browser, await handed_over(browser, room, "bob"))

    assert again.headers["location"] == f"/coupons/{room}"
    assert not await has_place(client, room, "bob")
    assert not await has_place(client, room)


@pytest.mark.parametrize("headers", LOOKERS.values(), ids=LOOKERS)
async def test_what_only_looks_takes_no_place_and_uses_no_intent(client, room, headers):
    await pressed(client, room)
    address = await handed_over(client, room)

    looked = await arrived(client, address, headers)

    assert looked.headers["location"] == f"/coupons/{room}"
    assert looked.headers["cache-control"] == "no-store"
    assert not await has_place(client, room)
    await arrived(client, address)
    assert await has_place(client, room)


async def test_head_takes_no_place_and_uses_no_intent(client, room):
    await pressed(client, room)
    address = await handed_over(client, room)

    await client.head(address, headers=FOLLOWS)

    assert not await has_place(client, room)
    await arrived(client, address)
    assert await has_place(client, room)


@pytest.mark.parametrize("headers", [*LOOKERS.values(), *PLAIN.values(), FOLLOWS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_no_address_of_a_room_enters_it(client, room, method, headers):
    """Signed in, with an intent, whatever asks."""
    await pressed(client, room)
    intent = client.cookies.get(INTENT_COOKIE)
    await handed_over(client, room)
    for path in ("/", "/me", "/signin", *(f"/{one}/{room}" for one in ("coupons", "rooms"))):
        for end in ("", "/enter", "/place", "/leave", "/issue", "?lang=ko"):
            cookie = {"Cookie": f"{INTENT_COOKIE}={intent}; {session_cookie(client)}"}
            await client.request(method, path + end, headers=headers | cookie)

    assert not await has_place(client, room)


def session_cookie(client) -> str:
    return f"member_session={client.cookies.get('member_session')}"


async def test_an_intent_is_for_one_room(client, line, engine, room):
    await in_line(line, engine, f"{room}-b")
    await pressed(client, room)

    answer = await arrived(client, await handed_over(client, f"{room}-b"))

    assert answer.headers["location"] == f"/coupons/{room}-b"
    assert not await has_place(client, room)
    assert not await has_place(client, f"{room}-b")


async def test_a_page_never_shows_the_intent(client, room):
    sent = await pressed(client, room)
    intent = client.cookies.get(INTENT_COOKIE)
    page = await client.get(sent.headers["location"])

    assert intent not in page.text + sent.headers["location"]
    kept = set(cookies_set(sent)[INTENT_COOKIE].split("; "))
    assert {"HttpOnly", "SameSite=lax", f"Path={ARRIVAL}", f"Max-Age={AGE_MAX_S}"} <= kept


async def test_another_sites_form_makes_no_intent(client, room):
    answer = await client.post(f"/rooms/{room}/enter", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("forged", ["", "x", "x" * 600, EnterIntents(["0" * 32], now=lambda: 9e9)])
async def test_a_forged_intent_is_none(client, room, forged):
    text = forged if isinstance(forged, str) else forged.sign(room)
    address = await handed_over(client, room)
    client.cookies.set(INTENT_COOKIE, text)

    answer = await arrived(client, address)

    assert answer.headers["location"] == f"/coupons/{room}"
    assert not await has_place(client, room)


async def test_an_old_intent_is_none(parts, client, room):
    old = EnterIntents([TICKET_SECRET], now=lambda: parts.line.clock.now_s() - AGE_MAX_S - 5)
    address = await handed_over(client, room)
    client.cookies.set(INTENT_COOKIE, old.sign(room))

    assert (await arrived(client, address)).headers["location"] == f"/coupons/{room}"


async def test_a_room_that_refuses_says_why(client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=10, state="draining"))
    await pressed(client, code)

    answer = await arrived(client, await handed_over(client, code))

    assert answer.status_code == 409
    assert Html(answer).place["data-state"] == "refused"


async def test_a_room_that_asks_for_a_calculation_shows_its_button(client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=10, challenge="on"))
    await pressed(client, code)

    answer = await arrived(client, await handed_over(client, code))

    assert answer.headers["location"] == f"/coupons/{code}"
    assert not await has_place(client, code)
