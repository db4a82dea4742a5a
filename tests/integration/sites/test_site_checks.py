"""The check: tells a site's proxy to let a request in, or to send its visitor to the line."""

import asyncio
import time
from dataclasses import replace

import pytest

from domain.sites.target_urls import pass_cookie
from issuance.sites.sites import change_site
from tests.bad_passes import bad_passes, good_pass
from tests.integration.cast import now
from tests.integration.line_cast import crowd, enter
from tests.integration.site_web_cast import lose, pass_in, site_room_open
from tests.integration.visit_cast import move_visits
from tests.integration.web_cast import app_with, checked_problem, client_of
from tests.open_redirects import SPELLINGS
from tests.pass_keys import ISSUER, PASS_PEM
from web.limits.limit_values import WebLimits
from web.limits.request_limits import LIMIT_EXCUSES
from web.sites.checks import METHODS

SHOP = {"x-forwarded-proto": "https", "x-forwarded-host": "shop.example"}
TARGET = "https://shop.example/cart?x=1"


async def ask(client, code, uri="/cart?x=1", token="", method="GET", query="", **headers):
    cookie = {"cookie": f"other=1; {pass_cookie(code, is_tls=True)}={token}"} if token else {}
    sent = {**SHOP, "x-forwarded-uri": uri, **cookie, **headers}
    return await client.request(method, f"/check/{code}{query}", headers=sent)


async def walk_in(line, engine, code, person, **changes):
    """A visitor who has walked in: the address with the pass, and the pass."""
    await site_room_open(line, engine, code, **changes)
    await person.go(f"/rooms/{code}?t={TARGET}")
    address = (await person.go(f"/rooms/{code}?t={TARGET}")).headers["location"]
    return address, pass_in(address)


async def test_without_a_pass_a_browser_is_sent_to_the_line(line, engine, code, client):
    await site_room_open(line, engine, code)

    sent = await ask(client, code)

    assert sent.status_code == 302
    to = f"{ISSUER}/rooms/{code}?t=https%3A%2F%2Fshop.example%2Fcart%3Fx%3D1"
    assert sent.headers["location"] == to
    assert "waitroom-member" not in sent.headers


@pytest.mark.parametrize("method", [*METHODS, "HEAD", "PROPFIND"])
async def test_every_method_is_answered(line, engine, code, client, person, method):
    _, token = await walk_in(line, engine, code, person)
    [visit] = await line.visits.list_visits(code)

    inside = await ask(client, code, token=token, method=method)
    outside = await ask(client, code, method=method)

    assert (inside.status_code, outside.status_code) == (200, 302)
    assert inside.headers.get("waitroom-member") == visit.member_id
    assert inside.headers.get("waitroom-visit") == visit.visit_id
    assert inside.headers["cache-control"] == "no-store"


async def test_a_request_that_cannot_be_repeated_names_no_address(line, engine, code, client):
    await site_room_open(line, engine, code)

    denied = await ask(client, code, **{"x-forwarded-method": "POST"})

    assert denied.headers["location"] == f"{ISSUER}/rooms/{code}"


async def test_a_cookie_that_other_hosts_can_set_counts_only_for_a_site_without_tls(
    app, line, engine, code, client, person
):
    _, token = await walk_in(line, engine, code, person)
    headers = {**SHOP, "cookie": f"{pass_cookie(code, is_tls=False)}={token}"}

    with_a_host_without_tls = await client.get(f"/check/{code}", headers=headers)
    change_site(engine, code, hosts=["shop.example"], who="test", now=now())
    app.state.site_rooms.forget()
    with_tls_alone = await client.get(f"/check/{code}", headers=headers)

    assert (with_a_host_without_tls.status_code, with_tls_alone.status_code) == (200, 302)


async def test_nginx_is_told_by_401(line, engine, code, client):
    await site_room_open(line, engine, code)

    denied = await ask(client, code, query="?deny=401")

    assert denied.status_code == 401
    assert denied.headers["location"].startswith(f"{ISSUER}/rooms/{code}?t=")


async def test_an_address_in_the_path_counts_where_no_header_has_it(line, engine, code, client):
    await site_room_open(line, engine, code)

    sent = await client.get(
        f"/check/{code}/shoes/red%20ones?x=%20+1", headers={"host": "shop.example"}
    )

    assert sent.headers["location"].endswith(
        "t=https%3A%2F%2Fshop.example%2Fshoes%2Fred%2520ones%3Fx%3D%2520%2B1"
    )


async def test_a_pass_in_an_address_becomes_a_cookie_once(line, engine, code, client, person):
    address, token = await walk_in(line, engine, code, person)
    uri = address.removeprefix("https://shop.example")

    first = await ask(client, code, uri=uri)
    second = await ask(client, code, uri=uri)
    own = await ask(client, code, uri=uri, token=token)

    assert (first.status_code, first.headers["location"]) == (302, TARGET)
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{pass_cookie(code, is_tls=True)}={token}; HttpOnly; Max-Age=")
    assert cookie.endswith("; Path=/; SameSite=lax; Secure")
    assert second.headers["location"].startswith(f"{ISSUER}/rooms/{code}?t=")
    assert "set-cookie" not in second.headers
    assert (own.status_code, own.headers["location"]) == (302, TARGET)


async def test_an_address_that_its_owner_opened_with_a_cookie_is_used_up_too(
    line, engine, code, client, person
):
    address, token = await walk_in(line, engine, code, person)
    await ask(client, code, uri=address.removeprefix("https://shop.example"))
    later = (await person.go(f"/rooms/{code}/go?t={TARGET}")).headers["location"]
    uri = later.removeprefix("https://shop.example")

    await ask(client, code, uri=uri, token=token)
    stranger = await ask(client, code, uri=uri)

    assert "set-cookie" not in stranger.headers


@pytest.mark.parametrize("how", ["finish", "revoke"])
async def test_a_visit_that_is_over_is_refused_at_once(line, engine, code, client, person, how):
    _, token = await walk_in(line, engine, code, person)
    assert (await ask(client, code, token=token)).status_code == 200
    [visit] = await line.visits.list_visits(code)

    await getattr(line.visits, how)(code, visit.visit_id)

    assert (await ask(client, code, token=token)).status_code == 302


async def test_bad_passes_are_refused(line, engine, code, client, person):
    await walk_in(line, engine, code, person)

    now_s = time.time()
    bad_ones = bad_passes(PASS_PEM, now_s) | {"another issuer's": good_pass(PASS_PEM, now_s)}
    for name, bad in bad_ones.items():
        for there in ({"token": bad}, {"uri": f"/?waitroom_pass={bad}"}):
            answer = await ask(client, code, **there)
            assert answer.status_code == 302, name
            assert answer.headers["location"].startswith(ISSUER), name


async def test_another_rooms_pass_is_refused(app, line, engine, code, client, person):
    _, token = await walk_in(line, engine, code, person)
    other = f"{code}-b"
    await site_room_open(line, engine, other)
    app.state.site_rooms.forget()

    refused = await ask(client, other, token=token)
    unknown = await client.get(f"/check/{code}-c", headers={"cookie": f"x={token}"})

    assert refused.status_code == 302
    checked_problem(unknown, "no_such_room", 404)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_header_leads_away_from_the_site(line, engine, code, client, person, spelling):
    _, token = await walk_in(line, engine, code, person)
    host = spelling.encode("ascii", "ignore").decode().replace("\n", "").replace("\x00", "")
    ours = ("https://shop.example/", f"{ISSUER}/rooms/{code}")

    for headers in (
        {"x-forwarded-host": host, "x-forwarded-uri": "/?waitroom_pass=x"},
        {"x-forwarded-uri": host + "?waitroom_pass=x"},
        {"x-forwarded-proto": host, "x-forwarded-uri": "/?waitroom_pass=x"},
    ):
        cookie = {"cookie": f"{pass_cookie(code, is_tls=True)}={token}"}
        for more in ({}, cookie):
            answer = await client.get(f"/check/{code}", headers={**SHOP, **headers, **more})
            assert answer.headers.get("location", "/").startswith((*ours, "/"))
            assert not answer.headers.get("location", "/").startswith(("//", "/\\"))


async def test_a_program_is_told_how_long_it_will_wait(line, engine, code, client):
    await site_room_open(line, engine, code, passthrough="off", size_max=7)
    await enter(line, code, crowd(6))
    before = await ask(client, code, accept="application/json")
    await enter(line, code, ["the-last-one"])

    told = await ask(client, code, accept="application/json")

    assert told.status_code == 401
    assert told.json()["cfWaitingRoom"].keys() == {
        "inWaitingRoom", "waitTime", "waitTimeKnown", "waitTimeFormatted", "queueIsFull",
        "queueAll", "lastUpdated", "refreshIntervalSeconds",
    }  # fmt: skip
    assert told.json()["cfWaitingRoom"]["inWaitingRoom"] is True
    full = [one.json()["cfWaitingRoom"]["queueIsFull"] for one in (before, told)]
    assert full == [False, True]
    assert (await line.room_stats(code)).waiting == 7


async def test_a_proxy_has_no_limit_by_address_and_it_is_said_why(parts, line, engine, code):
    app = app_with(parts, limits=WebLimits(address_requests_max=5, exempt_ips="none"))
    async with client_of(app) as proxy:
        await site_room_open(line, engine, code)
        seen = await asyncio.gather(*(ask(proxy, code) for _ in range(100)))

    assert {one.status_code for one in seen} == {302}
    assert LIMIT_EXCUSES.keys() == {"checks"}


async def test_without_redis_a_good_pass_counts_until_it_expires(
    parts, line, engine, code, person, line_away
):
    address, token = await walk_in(line, engine, code, person)
    app = app_with(replace(parts, line=line_away))
    async with client_of(app) as proxy:
        inside = await ask(proxy, code, token=token)
        handed = await ask(proxy, code, uri=address.removeprefix("https://shop.example"))

    assert inside.status_code == 200
    assert handed.headers["location"].startswith(f"{ISSUER}/rooms/{code}")


async def test_a_pass_brings_back_the_visit_that_redis_lost(
    line, engine, code, client, person, redis_url
):
    _, token = await walk_in(line, engine, code, person)
    [visit] = await line.visits.list_visits(code)
    lose(redis_url, code, "visits", "inside", "claims")

    inside = await ask(client, code, token=token)

    assert inside.status_code == 200
    assert [one.visit_id for one in await line.visits.list_visits(code)] == [visit.visit_id]


async def test_a_visit_that_a_renewed_pass_brings_back_still_ends_after_the_longest_visit(
    line, engine, code, client, person, redis_url
):
    rules = {"renewal": "sliding", "session_s": 600, "session_max_s": 700}
    _, token = await walk_in(line, engine, code, person, **rules)
    move_visits(redis_url, code, 500)
    authorization = {"authorization": f"Bearer {token}"}
    renewed = (await client.post("/api/passes/renew", headers=authorization)).json()
    [before] = await line.visits.list_visits(code)
    lose(redis_url, code, "visits", "inside", "claims")

    assert (await ask(client, code, token=renewed["pass"])).status_code == 200
    again = await line.visits.renew(code, before.visit_id)

    second = 1_000_000
    assert before.ends_at_us == before.claimed_at_us + 700 * second
    assert before.ends_at_us - second <= again.ends_at_us <= before.ends_at_us
