"""The coupon pages in every state, and the direct way to get one."""

import html
import re

import pytest

from domain.room_settings import RoomSettings
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.web_cast import Html, in_line, serve, token
from web.cache.static_files import RENAMED

STATES = {
    "scheduled": ({"opens_at": now() + HOUR, "expire_date": now() + 2 * HOUR}, "Not open yet"),
    "open": ({}, "Open"),
    "paused": ({"room": RoomSettings(state="paused")}, "Paused"),
    "draining": ({"room": RoomSettings(state="draining")}, "Entry closed"),
    "closed": ({"room": RoomSettings(state="closed")}, "Closed"),
    "over": ({"opens_at": now() - 2 * HOUR, "expire_date": now() - HOUR}, "Closed"),
    "sold_out": ({"total": 1}, "Sold out"),
    "direct": ({"issuing": "pessimistic"}, "Open"),
}
MAY_ENTER = {"open", "paused", "scheduled"}


async def sign_in(client, member_id: str = "alice") -> None:
    await client.get("/signin", params={"token": token(member_id)})


def a_page(answer, status: int = 200) -> Html:
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    return Html(answer)


async def test_where_nothing_is_on_offer_the_list_says_so(client):
    assert "There are no coupons right now" in a_page(await client.get("/")).text


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("state", STATES)
async def test_a_coupon_is_shown_in_each_of_its_states(client, engine, code, state, signed_in):
    changes, words = STATES[state]
    on_offer(engine, code, **changes)
    if state == "sold_out":
        issue(engine, code, ["bob"], now())
    if signed_in:
        await sign_in(client)

    listed = a_page(await client.get("/"))
    shown = a_page(await client.get(f"/coupons/{code}"))

    assert words in listed.text
    assert words in shown.text
    assert "5,000 off" in shown.text
    assert ("Spring sale" in listed.text, "Spring sale" in shown.title) == (True, True)
    assert (f"/rooms/{code}/enter" in shown.forms) == (state in MAY_ENTER)
    assert (f"/coupons/{code}/issue" in shown.forms) == (state == "direct")
    assert ("/signout" in shown.forms) == signed_in


async def test_who_has_a_place_is_led_to_it_and_who_has_the_coupon_too(client, line, engine, code):
    await in_line(line, engine, code)
    await sign_in(client)
    await client.post(f"/rooms/{code}/enter")

    waiting = a_page(await client.get(f"/coupons/{code}"))
    await serve(line, engine, code)
    issued = a_page(await client.get(f"/coupons/{code}"))

    assert "See your place" in waiting.text
    assert "See your coupon" in issued.text
    assert f"/rooms/{code}/enter" not in waiting.forms | issued.forms


async def test_an_unknown_coupon_is_a_page_that_says_so(client):
    page = a_page(await client.get("/coupons/nothing"), 404)

    assert "No such coupon" in page.title
    assert "There is no such coupon." in page.text


async def test_a_description_is_shown_as_text_whatever_it_is(client, engine, code):
    on_offer(engine, code, description="<img src=x onerror=alert(1)>")

    for path in ("/", f"/coupons/{code}"):
        answer = await client.get(path)

        assert "<img" not in answer.text
        assert "<img src=x onerror=alert(1)>" in Html(answer).text


async def test_a_direct_coupon_is_got_by_its_form_and_got_once(client, engine, code):
    on_offer(engine, code, issuing="pessimistic")
    await sign_in(client)

    for _ in range(2):
        got = await client.post(f"/coupons/{code}/issue")

        assert (got.status_code, got.headers["location"]) == (303, "/me")
    assert "Ready to use" in a_page(await client.get("/me")).text
    assert list_holders(engine, code) == ["alice"]


async def test_a_direct_coupon_that_is_gone_is_said_to_be_gone(client, engine, code):
    on_offer(engine, code, total=1, issuing="pessimistic")
    issue(engine, code, ["bob"], now())
    await sign_in(client)

    page = a_page(await client.post(f"/coupons/{code}/issue"), 410)

    assert "All coupons have been issued." in page.text


async def test_who_is_signed_out_signs_in_first_and_comes_back_to_the_coupon(client, engine, code):
    on_offer(engine, code, issuing="pessimistic")

    answer = await client.post(f"/coupons/{code}/issue")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/signin?next=/coupons/{code}",
    )
    assert list_holders(engine, code) == []


async def test_a_coupon_with_a_line_is_not_got_round_it(client, engine, code):
    on_offer(engine, code)
    await sign_in(client)

    page = a_page(await client.post(f"/coupons/{code}/issue"), 409)

    assert "issued through its line" in page.text
    assert list_holders(engine, code) == []


async def test_what_a_page_links_to_by_content_may_be_kept_for_ever(client):
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', (await client.get("/")).text)
    links = [html.unescape(link) for link in found]
    assert len(links) == 4

    for link in links:
        answer = await client.get(link)
        path, _, version = link.partition("?")
        unversioned = await client.get(path)
        of_another = await client.get(f"{path}?v=0123456789ab")
        with_more = await client.get(f"{path}?{version}&more=1")

        assert (answer.status_code, unversioned.status_code) == (200, 200)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        # Another release's page asks for a file that this process does not have: nobody may keep
        # what it gets under that name.
        for other in (unversioned, of_another, with_more):
            assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
async def test_a_page_of_the_release_before_gets_its_scripts_by_their_old_names(client, old, new):
    asked = await client.get(f"/static/{old}?v=0123456789ab")
    now = await client.get(f"/static/{new}")

    assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-cache")
    assert asked.content == now.content
