"""Every way into the console and its interface, found by walking the application's routes, is shut
to whoever may not use it; and nothing is changed by trying.
"""

from __future__ import annotations

import pytest

from tests.integration.admin_cast import signed_in
from tests.integration.test_api_admin import admin_calls
from tests.integration.test_api_sessions import CROSS_SITE
from tests.integration.web_cast import a_coupon_in, by, in_line, stored, token
from tests.route_table import Call

# A viewer may end their own sessions.

pytestmark = pytest.mark.usefixtures("unknown_address")

OWN = ("POST", "/admin/signout-everywhere")
SAFE = ("GET", "HEAD")

# Forms for what is new: only an operator sees them.
FORMS_OF_NEW = ("/admin/coupons/new", "/admin/sites/new", "/admin/site-rooms/new")


async def ask(client, method: str, path: str, code: str, headers: dict[str, str]):
    """With what would change something, if it were let in."""
    path = Call(method, path).path(code=code, name=code, member_id="alice", visit_id="v-1")
    if method in SAFE:
        return await client.request(method, path, headers=headers)
    if path.startswith("/api/"):
        body = a_coupon_in("new") if path.endswith("/coupons") else {"rate_per_s": 1}
        return await client.request(method, path, headers=headers, json=body)
    form = {"total_count": "99", "name": "Changed", "rate_per_s": "1", "state": "closed"}
    return await client.request(method, path, headers=headers, data=form)


STRANGERS = {
    "nothing": {},
    "a wrong token": {"Authorization": "Bearer wrong"},
    "a member's token": by("alice"),
    "a member's token as a session": {"Cookie": f"admin_session={token('alice')}"},
    "a forged session": {"Cookie": "admin_session=WyJhZG1pbiIsIngiXQ.aSTx5A.c2lnbmF0dXJl"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_nobody_else_gets_in(client, app, line, engine, redis_url, code, headers):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code, "new")

    for method, path in admin_calls(app):
        answer = await ask(client, method, path, code, headers)

        if method in SAFE and answer.status_code == 303:
            assert answer.headers["location"].startswith("/admin/signin?next="), path
        else:
            assert answer.status_code in (401, 403), (method, path)
    assert stored(redis_url, engine, code, "new") == before


async def test_a_members_session_gets_nowhere(client, app, line, engine, redis_url, code):
    await in_line(line, engine, code)
    await client.get("/signin", params={"token": token("alice")})
    client.cookies.set("admin_session", client.cookies["member_session"])
    before = stored(redis_url, engine, code, "new")

    for method, path in admin_calls(app):
        answer = await ask(client, method, path, code, {})

        assert answer.status_code in (303, 401), (method, path)
    assert stored(redis_url, engine, code, "new") == before


async def test_a_viewer_may_look_and_changes_nothing(client, app, line, engine, redis_url, code):
    await in_line(line, engine, code)
    await signed_in(client, engine, "bob", "viewer")
    before = stored(redis_url, engine, code, "new")

    for method, path in admin_calls(app):
        if (method, path) == OWN:
            continue
        answer = await ask(client, method, path, code, {})

        if method not in SAFE or path in FORMS_OF_NEW:
            assert answer.status_code == 403, (method, path)
        else:
            assert answer.status_code not in (303, 401, 403), (method, path)
    assert stored(redis_url, engine, code, "new") == before


async def test_another_site_changes_nothing_by_an_operators_cookie(
    client, app, line, engine, redis_url, code
):
    await in_line(line, engine, code)
    await signed_in(client, engine, "alice", "operator")
    before = stored(redis_url, engine, code, "new")

    for headers in CROSS_SITE:
        for method, path in admin_calls(app):
            if method not in SAFE:
                answer = await ask(client, method, path, code, headers)

                assert answer.status_code == 403, (method, path, headers)
                assert "another site" in answer.text
    assert stored(redis_url, engine, code, "new") == before
