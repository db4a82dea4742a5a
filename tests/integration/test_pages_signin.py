"""Signing in by a shop's hand-over or, in the demo, by any name; and out again."""

import pytest

from domain.member import MEMBER_ID_LENGTH_MAX
from tests.integration.test_api_member_tokens import SOON, TOKENS
from tests.integration.test_api_sessions import CROSS_SITE, OWN_PAGES
from tests.integration.web_cast import Html, app_with, client_of, cookies_set, signed, token

ELSEWHERE = [
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
    "http:evil.example", "///evil.example", "/\t/evil.example", "/\n/evil.example", "evil.example",
    "javascript:alert(1)", "/\r\nSet-Cookie: session=x", "", " //evil.example", "/\u2028",
]  # fmt: skip


@pytest.fixture
async def demo(parts):
    async with client_of(app_with(parts, demo=True)) as opened:
        yield opened


async def who(client) -> str | None:
    """The name that pages greet, if any."""
    page = Html(await client.get("/"))
    return page.text.split("Sign out")[0].split()[-1] if "/signout" in page.forms else None


async def led_to(client, answer) -> str:
    """Where somebody stands who was signed in, by the page that looks for their cookie."""
    assert answer.headers["location"].startswith("/signed-in?next=")
    return (await client.get(answer.headers["location"])).headers["location"]


async def test_outside_the_demo_the_page_sends_people_to_the_shop(client):
    page = Html(await client.get("/signin"))

    assert "sign in at the shop" in page.text
    assert page.forms == {}


async def test_outside_the_demo_nobody_signs_in_with_a_name(client):
    answer = await client.post("/signin", data={"name": "alice"})

    assert answer.status_code == 404
    assert "Not found" in Html(answer).text
    assert await who(client) is None


async def test_in_the_demo_any_name_will_do(demo):
    form = Html(await demo.get("/signin?next=/coupons/spring")).forms["/signin"]
    assert form == {"next": "/coupons/spring", "name": ""}

    answer = await demo.post("/signin", data=form | {"name": " alice "})

    assert (answer.status_code, await led_to(demo, answer)) == (303, "/coupons/spring")
    kept = set(cookies_set(answer)["member_session"].split("; "))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= kept
    assert await who(demo) == "alice"


@pytest.mark.parametrize(
    "name", ["", " ", "Alice Liddell", "\uc568\ub9ac\uc2a4", "a\0", "<b>", "a" * 129, "a`b", "a\nb"]
)
async def test_a_name_that_is_no_member_id_is_asked_for_again(demo, name):
    answer = await demo.post("/signin", data={"name": name, "next": "/me"})

    assert answer.status_code == 422
    page = Html(answer)
    assert "1 to 128 characters" in page.text or "can’t contain" in page.text
    assert page.forms["/signin"]["next"] == "/me"
    assert "set-cookie" not in answer.headers


async def test_names_up_to_the_limit_are_taken(demo):
    answer = await demo.post("/signin", data={"name": "a" * MEMBER_ID_LENGTH_MAX})

    assert answer.status_code == 303


async def test_a_shop_hands_a_member_over_with_a_token(client):
    claims = {"sub": "user:7", "exp": SOON, "name": "Alice"}

    answer = await client.get("/signin", params={"token": signed(claims), "next": "/rooms/spring"})

    assert (answer.status_code, await led_to(client, answer)) == (303, "/rooms/spring")
    assert await who(client) == "Alice"
    assert (await client.get("/api/me/coupons")).status_code == 200


async def test_a_name_is_shown_as_text_whatever_it_is(client):
    claims = {"sub": "alice", "exp": SOON, "name": "<script>alert(1)</script>"}
    await client.get("/signin", params={"token": signed(claims)})

    answer = await client.get("/")

    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>" in Html(answer).text


async def test_a_name_no_page_could_show_still_signs_in(client):
    claims = {"sub": "alice", "exp": SOON, "name": "\ud800"}

    answer = await client.get("/signin", params={"token": signed(claims)})

    assert answer.status_code == 303
    assert await who(client) == "?"


async def test_a_bad_token_signs_nobody_in_and_says_why(client):
    for name, text in TOKENS.items():
        answer = await client.get("/signin", params={"token": text})

        assert answer.status_code in (401, 422), name
        assert Html(answer).title.startswith(("Bad token", "Bad request"))
        assert "set-cookie" not in answer.headers
    assert await who(client) is None


async def test_nobody_is_sent_elsewhere_by_signing_in(client, demo):
    for next_ in ELSEWHERE:
        by_token = await client.get("/signin", params={"token": token("alice"), "next": next_})
        by_name = await demo.post("/signin", data={"name": "alice", "next": next_})
        form = Html(await demo.get("/signin", params={"next": next_})).forms["/signin"]

        assert await led_to(client, by_token) == await led_to(demo, by_name) == "/", next_
        assert form["next"] == "/", next_


@pytest.mark.parametrize("path", ["/me", "/rooms/spring"])
async def test_who_is_signed_out_is_brought_to_the_sign_in_page_and_back(demo, path):
    sent = await demo.get(path)
    page = Html(await demo.get(sent.headers["location"]))
    back = await demo.post("/signin", data=page.forms["/signin"] | {"name": "alice"})

    assert (sent.status_code, sent.headers["location"]) == (303, f"/signin?next={path}")
    assert (back.status_code, await led_to(demo, back)) == (303, path)


async def test_signing_out_ends_the_session_of_this_browser(client):
    await client.get("/signin", params={"token": token("alice")})
    form = Html(await client.get("/")).forms["/signout"]

    answer = await client.post("/signout", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"Max-Age=0", "Path=/"} <= set(cookies_set(answer)["member_session"].split("; "))
    assert await who(client) is None


async def test_another_site_signs_nobody_in_or_out(demo):
    await demo.post("/signin", data={"name": "alice"})

    for headers in CROSS_SITE:
        signed_in = await demo.post("/signin", data={"name": "mallory"}, headers=headers)
        signed_out = await demo.post("/signout", headers=headers)

        assert signed_in.status_code == signed_out.status_code == 403, headers
        assert "another site" in Html(signed_out).text
    assert await who(demo) == "alice"


async def test_our_own_pages_sign_people_in_and_out(demo):
    for headers in OWN_PAGES:
        signed_in = await demo.post("/signin", data={"name": "alice"}, headers=headers)
        signed_out = await demo.post("/signout", headers=headers)

        assert signed_in.status_code == signed_out.status_code == 303, headers
