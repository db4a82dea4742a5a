"""Cookies by TLS: only this host can set them; and a browser that refuses them is told so."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.admin_cast import an_admin, forget_attempts, sign_in
from tests.integration.hand_over_cast import followed, link, who
from tests.integration.web_cast import Html, app_with, by, client_of, cookies_set, in_line
from web.enter_line import TICKETS_KEPT_MAX

BY_TLS = "https://line.example"
KOREAN = {"Accept-Language": "ko"}


@pytest.fixture
async def secure(parts):
    """A browser that comes by TLS."""
    async with client_of(app_with(parts, base_url=BY_TLS)) as client:
        client.base_url = httpx.URL(BY_TLS)
        yield client


def are_of_this_host_alone(answer: httpx.Response, *but: str) -> None:
    """Each cookie that is set is one that a browser takes from this host by TLS alone."""
    found = cookies_set(answer)
    assert found
    for name, value in found.items():
        if name in but or "Max-Age=0" in value.split("; "):
            continue
        assert name.startswith("__Host-"), name
        assert {"Secure", "HttpOnly", "Path=/"} <= set(value.split("; ")), (name, value)
        assert "Domain" not in value


async def test_by_tls_every_cookie_is_of_this_host_alone(
    secure, parts, line, engine, redis_url, code
):
    await in_line(line, engine, code)
    forget_attempts(redis_url)

    handed = await secure.get("/signin", params={"token": link("alice"), "lang": "ko"})
    are_of_this_host_alone(handed, "session")
    entered = await secure.post(f"/rooms/{code}/enter")
    are_of_this_host_alone(entered)
    are_of_this_host_alone(await secure.get(f"/rooms/{code}"))
    asked = await secure.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    are_of_this_host_alone(asked)
    console = await sign_in(secure, an_admin(engine, f"admin-{code}"))
    are_of_this_host_alone(console, "admin_session")

    assert {"__Host-member_session", "__Host-lang"} <= cookies_set(handed).keys()
    assert {f"__Host-ticket-{code}", f"__Host-from-{code}"} <= cookies_set(entered).keys()
    assert f"__Host-ticket-{code}" in cookies_set(asked)
    assert "__Host-admin_session" in cookies_set(console)


async def test_the_cookies_by_tls_do_what_the_others_do(secure, line, engine, code):
    await in_line(line, engine, code)
    await followed(secure, link("alice"))
    await secure.post(f"/rooms/{code}/enter")
    await secure.get(f"/rooms/{code}?lang=ko")

    page = await secure.get(f"/rooms/{code}")
    console = await secure.get("/admin", follow_redirects=True)

    assert page.headers["content-language"] == "ko"
    assert await who(secure) is not None or "로그아웃" in page.text
    assert "admin" in str(console.url)


async def test_signing_out_by_tls_forgets_all_names(secure):
    await followed(secure, link("alice"))

    left = cookies_set(await secure.post("/signout"))

    for name in ("__Host-member_session", "session"):
        assert "Max-Age=0" in left[name]
    # A browser leaves a `__Host-` cookie alone where what forgets it could not have set it.
    assert {"Secure", "Path=/"} <= set(left["__Host-member_session"].split("; "))


async def test_leaving_by_tls_forgets_the_ticket(secure, line, engine, code):
    await in_line(line, engine, code)
    await followed(secure, link("alice"))
    await secure.post(f"/rooms/{code}/enter")
    await secure.get(f"/rooms/{code}")

    left = cookies_set(await secure.post(f"/rooms/{code}/leave"))

    for name in (f"__Host-ticket-{code}", f"__Host-from-{code}"):
        assert {"Max-Age=0", "Secure", "Path=/"} <= set(left[name].split("; "))


async def test_a_browser_by_tls_keeps_a_few_tickets_and_forgets_the_oldest(
    secure, line, engine, code
):
    """It sends all of them with each request, and a proxy would refuse a header of 8 kB."""
    await in_line(line, engine, code)
    await followed(secure, link("alice"))
    for number in range(TICKETS_KEPT_MAX + 5):
        secure.cookies.set(f"__Host-ticket-room-{number}", "a ticket", domain="line.example")

    left = cookies_set(await secure.post(f"/rooms/{code}/enter"))

    forgotten = {name for name, value in left.items() if "Max-Age=0" in value}
    assert {name for name in forgotten if "Host-ticket" in name} == {
        f"__Host-ticket-room-{number}" for number in range(6)
    }
    assert "Max-Age=0" not in left[f"__Host-ticket-{code}"]


async def test_names_of_the_release_before_are_read_and_replaced(
    secure, client, parts, line, engine, redis_url, code
):
    """A browser that came before the upgrade: the release before had no prefix."""
    await in_line(line, engine, code)
    await followed(client, link("alice"))
    await client.post(f"/rooms/{code}/enter")
    await client.get(f"/rooms/{code}?lang=ko")
    for name in ("session", f"ticket-{code}", f"from-{code}", "lang"):
        value = client.cookies[name]
        secure.cookies.set(name, value, domain="line.example", path="/")

    now = await secure.get(f"/rooms/{code}")

    assert now.status_code == 200
    assert now.headers["content-language"] == "ko"
    kept = cookies_set(now)
    for name in ("member_session", f"ticket-{code}", "lang"):
        assert "Max-Age=0" not in kept[f"__Host-{name}"]
    for name in (f"ticket-{code}", "lang"):
        assert "Max-Age=0" in kept[name], "and the old one is forgotten"


async def test_the_release_before_still_finds_its_session_beside(secure):
    """So that processes of both releases can serve one browser."""
    kept = cookies_set(await followed(secure, link("alice")))

    assert "Max-Age=0" not in kept["session"]
    assert {"Secure", "HttpOnly"} <= set(kept["session"].split("; "))


@pytest.mark.parametrize("demo", [True, False])
async def test_a_browser_that_refuses_cookies_is_told_so_and_not_sent_round(parts, demo):
    async with client_of(app_with(parts, demo=demo)) as client:
        if demo:
            answer = await client.post("/signin", data={"name": "alice", "next": "/rooms/x"})
        else:
            answer = await followed(client, link("alice"), "/rooms/x")
        client.cookies.clear()
        seen = [answer]
        while seen[-1].is_redirect and len(seen) < 5:
            seen.append(await client.get(seen[-1].headers["location"]))
            client.cookies.clear()
        korean = await client.get(answer.headers["location"], headers=KOREAN)

    assert len(seen) == 2
    assert "blocks cookies" in Html(seen[-1]).title
    assert "쿠키를 허용하지 않아요" in Html(korean).title


async def test_an_admin_whose_browser_refuses_cookies_is_told_so(client, engine, redis_url, code):
    forget_attempts(redis_url)
    answer = await sign_in(client, an_admin(engine, f"admin-{code}"))
    client.cookies.clear()

    arrived = await client.get(answer.headers["location"])

    assert arrived.status_code == 400
    assert "blocks cookies" in Html(arrived).title


async def test_nobody_is_sent_elsewhere_by_arriving(client):
    await followed(client, link("alice"))

    for path in ("/signed-in", "/admin/signed-in"):
        client.cookies.set("admin_session", "any")
        for next_ in ("//evil.example", "https://evil.example", "/\\evil.example"):
            answer = await client.get(path, params={"next": next_})
            assert answer.headers["location"] == "/"
