"""Signing in of admins: what a session can do, when it ends, and what guessing brings."""

import asyncio

import pytest

from issuance.admins import find_account, remove, set_disabled, set_password
from issuance.audit import list_entries
from tests.integration.admin_cast import (
    PASSWORD,
    an_admin,
    forget_attempts,
    sign_in,
    signed_in,
)
from tests.integration.cast import now
from tests.integration.test_api_sessions import CROSS_SITE
from tests.integration.web_cast import (
    ADMIN,
    CHEAP,
    MEMBER_SECRET,
    TICKET_SECRET,
    Html,
    a_coupon_in,
    app_with,
    checked_problem,
    client_of,
    cookies_set,
    token,
)
from waitroom.limits.login_throttle import FREE
from web.auth.admin_sessions import AdminSessions
from web.limits.client_ip import TrustedProxies

pytestmark = pytest.mark.usefixtures("unknown_address")

AUDIT = "/api/admin/audit"


@pytest.mark.parametrize("base_url", ["", "https://shop.example"])
async def test_the_session_is_kept_from_scripts_and_other_sites(parts, engine, base_url):
    an_admin(engine, "alice")

    async with client_of(app_with(parts, base_url=base_url)) as client:
        answer = await sign_in(client, "alice")

    kept = set(cookies_set(answer)["admin_session"].split("; "))
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= kept
    assert ("Secure" in kept) == bool(base_url)


async def test_an_operator_may_change_what_a_viewer_may_only_see(client, engine, code):
    await signed_in(client, engine, "bob", "viewer")
    seen = await client.get(AUDIT)
    refused = await client.post("/api/admin/coupons", json=a_coupon_in(code))
    await signed_in(client, engine, "alice", "operator")
    made = await client.post("/api/admin/coupons", json=a_coupon_in(code))

    assert seen.status_code == 200
    assert "but not change it" in checked_problem(refused, "forbidden", 403)["detail"]
    assert made.status_code == 201
    assert [one.who for one in list_entries(engine, subject=code)] == ["alice"]


@pytest.mark.parametrize("name", ["alice", "nobody", "", "a b", "x" * 300, "앨리스", "\x00"])
async def test_a_wrong_name_is_answered_as_a_wrong_password(client, engine, name):
    an_admin(engine, "alice")

    answer = await sign_in(client, name, "another password of theirs")

    assert answer.status_code == 422
    assert "The name or the password is wrong." in Html(answer).text
    assert "admin_session" not in client.cookies


async def test_ten_wrong_passwords_slow_down_the_eleventh_even_if_right(client, engine, redis_url):
    an_admin(engine, "alice")

    for name in ("alice", "nobody"):
        forget_attempts(redis_url)
        wrong = [await sign_in(client, name, "wrong wrong wrong") for _ in range(FREE)]
        slowed = await sign_in(client, name)

        assert [one.status_code for one in wrong] == [422] * FREE
        assert slowed.status_code == 429
        assert 1 <= int(slowed.headers["retry-after"]) <= 5
        assert "Too many attempts." in Html(slowed).text
        assert "admin_session" not in client.cookies


async def test_attempts_at_once_are_no_more_than_one_after_the_other(client, engine):
    an_admin(engine, "alice")

    answers = await asyncio.gather(
        *(sign_in(client, "alice", "wrong wrong wrong") for _ in range(FREE * 2))
    )

    assert sum(one.status_code == 422 for one in answers) <= FREE


async def test_many_names_from_one_address_are_slowed_down_too(client):
    for number in range(FREE):
        await sign_in(client, f"name-{number}", "wrong wrong wrong")

    assert (await sign_in(client, "another")).status_code == 429


async def test_behind_a_proxy_one_address_does_not_slow_down_all(parts, engine):
    an_admin(engine, "alice")
    async with client_of(app_with(parts, proxies=TrustedProxies("127.0.0.1"))) as client:
        for number in range(FREE + 1):
            headers = {"X-Forwarded-For": f"{number}.1.1.1, 203.0.113.7"}
            wrong = await sign_in(client, f"name-{number}", headers=headers)
        other = await sign_in(client, "alice", headers={"X-Forwarded-For": "203.0.113.8"})

    assert (wrong.status_code, other.status_code) == (429, 303)


async def test_the_right_password_makes_up_for_the_wrong_ones(client, engine, redis_url):
    an_admin(engine, "alice")

    for _ in range(3):
        for _ in range(FREE // 3):
            assert (await sign_in(client, "alice", "wrong wrong wrong")).status_code == 422
        assert (await sign_in(client, "alice")).status_code == 303
        forget_attempts(redis_url)


async def test_signing_out_everywhere_ends_every_session_of_that_admin(app, client, engine):
    an_admin(engine, "alice")
    await signed_in(client, engine, "bob", "operator")
    async with client_of(app) as one, client_of(app) as other:
        for browser in (one, other):
            await sign_in(browser, "alice")
            assert (await browser.get(AUDIT)).status_code == 200

        left = await one.post("/admin/signout-everywhere")

        assert left.headers["location"] == "/admin/signin"
        checked_problem(await one.get(AUDIT), "not_signed_in", 401)
        checked_problem(await other.get(AUDIT), "not_signed_in", 401)
    assert (await client.get(AUDIT)).status_code == 200
    assert [(one.who, one.what) for one in list_entries(engine, at_most=1)] == [
        ("alice", "signed out everywhere")
    ]


async def test_signing_out_ends_it_in_this_browser(client, engine):
    await signed_in(client, engine, "alice", "viewer")

    await client.post("/admin/signout")

    checked_problem(await client.get(AUDIT), "not_signed_in", 401)


@pytest.mark.parametrize("how", ["removed", "disabled", "another password"])
async def test_an_admin_who_was_removed_is_out_within_two_seconds(client, engine, how):
    await signed_in(client, engine, "alice", "operator")
    assert (await client.get(AUDIT)).status_code == 200

    if how == "removed":
        remove(engine, "alice", who="test", now=now())
    elif how == "disabled":
        set_disabled(engine, "alice", True, who="test", now=now())
    else:
        set_password(engine, "alice", CHEAP.hashed("another one"), who="test", now=now())
    await asyncio.sleep(1.1)

    checked_problem(await client.get(AUDIT), "not_signed_in", 401)
    assert (await sign_in(client, "alice")).status_code == 422


async def test_the_setting_lets_one_admin_in_who_has_no_row(parts, engine):
    door = AdminSessions([TICKET_SECRET], password_hash=CHEAP.hashed(PASSWORD), passwords=CHEAP)
    async with client_of(app_with(parts, admins=door)) as client:
        assert (await sign_in(client, "admin")).status_code == 303
        assert (await client.post("/api/admin/coupons", json={})).status_code == 422
        kept = client.cookies["admin_session"]
        await client.post("/admin/signout-everywhere")
        client.cookies.set("admin_session", kept)
        checked_problem(await client.get(AUDIT), "not_signed_in", 401)
    async with client_of(app_with(parts)) as unset:
        assert (await sign_in(unset, "admin")).status_code == 422


def sessions(engine) -> dict[str, str]:
    alice = find_account(engine, "alice")
    kept = AdminSessions([TICKET_SECRET], passwords=CHEAP).session_for(alice)
    return {
        "of a shop": AdminSessions([MEMBER_SECRET], passwords=CHEAP).session_for(alice),
        "changed": "x" + kept,
        "cut off": kept[:-2],
        "a member's token": token("alice"),
        "garbage": "garbage",
        "too long": kept + "x" * 5_000,
    }


async def test_a_forged_session_is_like_none(client, engine):
    an_admin(engine, "alice")

    for kind, cookie in sessions(engine).items():
        answer = await client.get(AUDIT, headers={"Cookie": f"admin_session={cookie}"})

        assert answer.status_code == 401, kind


async def test_a_session_ends_after_its_time(parts, engine):
    an_admin(engine, "alice")
    door = AdminSessions([TICKET_SECRET], passwords=CHEAP, age_max_s=-1)

    async with client_of(app_with(parts, admins=door)) as client:
        await sign_in(client, "alice")
        cookie = door.session_for(find_account(engine, "alice"))
        answer = await client.get(AUDIT, headers={"Cookie": f"admin_session={cookie}"})

    checked_problem(answer, "not_signed_in", 401)


async def test_members_and_admins_are_never_each_other(client, engine):
    await signed_in(client, engine, "alice", "operator")
    checked_problem(await client.get("/api/me/coupons"), "not_signed_in", 401)
    await client.post("/admin/signout")
    await client.get("/signin", params={"token": token("alice")})

    checked_problem(await client.get(AUDIT), "not_signed_in", 401)
    as_admin = {"Cookie": f"admin_session={client.cookies['member_session']}"}
    checked_problem(await client.get(AUDIT, headers=as_admin), "not_signed_in", 401)


async def test_another_sites_form_signs_nobody_in(client, engine):
    an_admin(engine, "alice")

    for headers in CROSS_SITE:
        answer = await sign_in(client, "alice", headers=headers)

        assert answer.status_code == 403
        assert "admin_session" not in client.cookies


async def test_the_admin_token_has_no_sessions_to_end(client, engine):
    assert (await client.post("/admin/signout-everywhere", headers=ADMIN)).status_code == 303
    assert list_entries(engine) == []


async def test_nobody_signs_in_while_attempts_cannot_be_counted(parts, engine, line_away):
    an_admin(engine, "alice")

    async with client_of(app_with(parts, line=line_away)) as client:
        assert (await sign_in(client, "alice")).status_code == 503


async def test_who_is_not_signed_in_is_brought_to_the_sign_in_page(client):
    answer = await client.get("/admin/rooms/spring", follow_redirects=False)

    assert answer.status_code in (303, 404)  # the board's own page may come later
    page = Html(await client.get("/admin/signin", params={"next": "//evil.example"}))
    assert page.forms["/admin/signin"]["next"] == "/"
