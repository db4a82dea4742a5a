"""Signing in by a shop's hand-over or, in the demo, by any name; and out again."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.member import check_member_id
from tests.integration.test_api_member_tokens import SOON, TOKENS
from tests.integration.test_api_sessions import CROSS_SITE, OWN_PAGES
from tests.integration.web_cast import Html, app_with, client_of, cookies_set, signed, token
from web.auth.member_tokens import NAME_LENGTH_MAX

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

    assert "Open the shop’s website or app, and sign in there." in page.text
    assert page.forms == {}


@pytest.fixture
async def beside_shop(parts):
    shop = "https://shop.example/login?a=1&return_to={next}#top"
    here = "https://line.example.com"
    async with client_of(app_with(parts, signin_url=shop, base_url=here)) as opened:
        yield opened


def return_address(page: str) -> str:
    """Where the shop is asked to return to, by the page that opens the shop."""
    (address,) = set(re.findall(r'(?:href|content)="(?:0;url=)?(https://shop[^"]*)"', page))
    found = parse_qs(urlsplit(html.unescape(address)).query)
    assert found["a"] == ["1"]
    return found["return_to"][0]


@pytest.mark.parametrize(
    ("asked", "returned"),
    [
        ("/signin", "/signin?next=%2F&returned=1"),
        ("/signin?next=/coupons/a", "/signin?next=%2Fcoupons%2Fa&returned=1"),
        ("/signin?next=/me&lang=ko", "/signin?next=%2Fme&returned=1&lang=ko"),
        ("/signin?next=//evil.example&lang=xx", "/signin?next=%2F&returned=1"),
    ],
)
async def test_a_shop_with_a_sign_in_page_is_opened_and_told_where_to_return(
    beside_shop, asked, returned
):
    answer = await beside_shop.get(asked)

    assert return_address(answer.text) == f"https://line.example.com{returned}"
    assert '<meta http-equiv="refresh" content="0;url=https://shop.example' in answer.text


async def test_a_member_comes_back_signed_in_from_the_shops_page(beside_shop):
    back = return_address((await beside_shop.get("/signin?next=/coupons/a")).text)

    answer = await beside_shop.get(f"{back}&token={token('alice')}")

    assert answer.headers["location"] == "/signed-in?next=%2Fcoupons%2Fa"


async def test_a_shop_that_returns_without_a_token_is_not_opened_again_by_itself(beside_shop):
    back = return_address((await beside_shop.get("/signin")).text)

    answer = await beside_shop.get(back)

    assert "The shop sent you back without signing you in." in answer.text
    assert "http-equiv" not in answer.text
    assert return_address(answer.text) == back


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


@pytest.mark.parametrize("name", ["", " ", "a\0", "a" * (NAME_LENGTH_MAX + 1), "a\x1bb"])
async def test_what_is_no_name_is_asked_for_again(demo, name):
    answer = await demo.post("/signin", data={"name": name, "next": "/me"})

    assert answer.status_code == 422
    page = Html(answer)
    assert "1 to 64 characters" in page.text
    assert page.forms["/signin"]["next"] == "/me"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "name", ["홍길동", "Alice Liddell", "<b>", "a`b", "a" * NAME_LENGTH_MAX, "李 さくら", "👩‍👩‍👧"]
)
async def test_any_display_name_will_do_and_is_the_same_member_again(parts, name):
    async with (
        client_of(app_with(parts, demo=True)) as one,
        client_of(app_with(parts, demo=True)) as other,
    ):
        for browser in (one, other):
            answer = await browser.post("/signin", data={"name": name})
            assert answer.status_code == 303
        seen = [
            parts.sessions.from_cookies(dict(each.cookies), secure=False) for each in (one, other)
        ]

    assert seen[0].name == name
    assert seen[0].id == seen[1].id
    check_member_id(seen[0].id)


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
