"""The session cookie does what a token does, but only from our own pages."""

import pytest

from issuance.issued_coupons import list_holders
from tests.integration.cast import on_offer
from tests.integration.web_cast import (
    MEMBER_SECRET,
    TICKET_SECRET,
    app_with,
    by,
    checked_problem,
    client_of,
    cookies_set,
    in_line,
    stored,
    token,
)
from tests.signed_in import session_of
from web.auth.sessions import Sessions

CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://test"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://test.evil.example"},
    {"Origin": "http://test:8080"},
    {"Origin": "null"},
    {"Origin": "http://["},
]
OWN_PAGES = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://test"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://test"},
    {"Origin": "https://test"},
    {},
]


async def handed_over(client, member_id: str = "alice") -> None:
    """Signed in as a shop does it."""
    answer = await client.get("/signin", params={"token": token(member_id)})
    assert answer.status_code == 303
    assert "member_session" in client.cookies


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    answer = await client.get("/signin", params={"token": token("alice")})

    kept = set(cookies_set(answer)["member_session"].split("; "))
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=604800"} <= kept
    assert "Secure" not in kept


async def test_a_session_does_what_a_token_does(client, line, engine, code):
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    await handed_over(client)

    entered = await client.post(f"/api/rooms/{code}/enter")
    asked = await client.get(f"/api/rooms/{code}/place")
    issued = await client.post(f"/api/coupons/{code}-d/issue")
    mine = await client.get("/api/me/coupons")
    used = await client.post(f"/api/me/coupons/{issued.json()['id']}/use")
    left = await client.delete(f"/api/rooms/{code}/place")

    statuses = [one.status_code for one in (entered, asked, issued, mine, used, left)]
    assert statuses == [202, 200, 201, 200, 200, 204]
    assert asked.json()["place"] == 1
    assert mine.json() == [issued.json()]
    assert list_holders(engine, f"{code}-d") == ["alice"]


async def test_a_token_counts_for_more_than_a_session(client, line, engine, code):
    await in_line(line, engine, code)
    await handed_over(client, "alice")
    await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))

    checked_problem(await client.get(f"/api/rooms/{code}/place"), "not_in_line", 404)
    assert (await client.get(f"/api/rooms/{code}/place", headers=by("bob"))).status_code == 200


async def test_another_site_can_change_nothing_by_cookie(client, line, engine, redis_url, code):
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    await handed_over(client)
    await client.post(f"/api/rooms/{code}/enter")
    before = stored(redis_url, engine, code, f"{code}-d")

    for headers in CROSS_SITE:
        for how, path in (
            ("POST", f"/api/rooms/{code}/enter"),
            ("DELETE", f"/api/rooms/{code}/place"),
            ("POST", f"/api/coupons/{code}-d/issue"),
            ("POST", "/api/me/coupons/6f0e1d5a-0000-4000-8000-000000000000/use"),
        ):
            answer = await client.request(how, path, headers=headers)

            assert "another site" in checked_problem(answer, "forbidden", 403)["detail"], headers
    assert stored(redis_url, engine, code, f"{code}-d") == before


async def test_our_own_pages_may(client, line, engine, code):
    await in_line(line, engine, code)
    await handed_over(client)

    for headers in OWN_PAGES:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=headers)

        assert answer.status_code == 202, headers


async def test_calls_with_a_token_may_come_from_anywhere(client, line, engine, code):
    await in_line(line, engine, code)

    for headers in CROSS_SITE:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | headers)

        assert answer.status_code == 202, headers


def sessions() -> dict[str, str]:
    kept = session_of(Sessions([TICKET_SECRET]))
    return {
        "forged": session_of(Sessions(["a-secret-of-somebody-elses-32-bytes-long"])),
        "of a shop": session_of(Sessions([MEMBER_SECRET])),
        "changed": "x" + kept,
        "cut off": kept[:-2],
        "a token": token("alice"),
        "garbage": "garbage",
        "too long": kept + "x" * 5_000,
    }


@pytest.mark.parametrize("cookie", sessions().values(), ids=sessions())
async def test_a_bad_session_is_like_none(client, line, engine, redis_url, code, cookie):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code)

    answer = await client.post(
        f"/api/rooms/{code}/enter", headers={"Cookie": f"member_session={cookie}"}
    )

    checked_problem(answer, "not_signed_in", 401)
    assert stored(redis_url, engine, code) == before


async def test_a_session_ends_after_its_time(parts):
    short = Sessions([TICKET_SECRET], age_max_s=-1)

    async with client_of(app_with(parts, sessions=short)) as client:
        cookie = {"Cookie": f"member_session={session_of(short)}"}
        answer = await client.get("/api/me/coupons", headers=cookie)

    checked_problem(answer, "not_signed_in", 401)


async def test_a_new_ticket_secret_keeps_sessions(parts, client):
    await handed_over(client)
    both = Sessions(["the-new-ticket-secret-which-comes-first!", TICKET_SECRET])

    async with client_of(app_with(parts, sessions=both)) as then:
        then.cookies = client.cookies
        answer = await then.get("/api/me/coupons")

    assert answer.status_code == 200
