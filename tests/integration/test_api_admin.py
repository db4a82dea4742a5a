"""What an admin may do, and that nobody else may."""

import re

import pytest
from fastapi.routing import iter_route_contexts

from issuance.issue import issue
from issuance.offers import get_offer
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.web_cast import (
    ADMIN,
    ADMIN_TOKEN,
    a_coupon_in,
    by,
    checked_problem,
    in_line,
    stored,
    token,
)
from tests.route_table import Call
from web.app import create_app

NOT_ADMIN = {
    "nothing": ({}, "not_signed_in", 401),
    "an empty token": ({"Authorization": "Bearer "}, "not_signed_in", 401),
    "another scheme": ({"Authorization": f"Basic {ADMIN_TOKEN}"}, "not_signed_in", 401),
    "a wrong token": ({"Authorization": "Bearer wrong"}, "forbidden", 403),
    "one letter short": ({"Authorization": f"Bearer {ADMIN_TOKEN[:-1]}"}, "forbidden", 403),
    "one letter more": ({"Authorization": f"Bearer {ADMIN_TOKEN}x"}, "forbidden", 403),
    "other letters": ({"Authorization": b"Bearer \xff\xfe"}, "forbidden", 403),
    "a member's token": (by("alice"), "forbidden", 403),
    "a member named admin": (by("admin"), "forbidden", 403),
    "a ticket's place": ({"Waitroom-Ticket": ADMIN_TOKEN}, "not_signed_in", 401),
}


# Where admins come in and go out: anybody may stand before these.
DOORS = {
    ("GET", "/admin/signed-in"),
    ("GET", "/admin/signin"),
    ("POST", "/admin/signin"),
    ("POST", "/admin/signout"),
}


def admin_calls(app) -> list[tuple[str, str]]:
    """Every method and path below /admin or /api/admin that only admins may use."""
    return sorted(
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        if re.match(r"/(api/)?admin(/|$)", context.path or "")
        for method in context.methods or ()
        if (method, context.path) not in DOORS
    )


async def test_the_walk_finds_the_calls_that_the_interface_names(app):
    assert set(admin_calls(app)) >= {
        ("POST", "/api/admin/coupons"),
        ("PATCH", "/api/admin/coupons/{code}"),
        ("PATCH", "/api/admin/rooms/{code}"),
        ("GET", "/api/admin/rooms/{code}"),
        ("GET", "/api/admin/audit"),
    }


@pytest.mark.parametrize(("headers", "type_", "status"), NOT_ADMIN.values(), ids=NOT_ADMIN)
async def test_every_admin_call_refuses_whoever_is_not_one(
    client, app, line, engine, redis_url, code, headers, type_, status
):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code, "new")
    bodies = {"coupons": a_coupon_in("new"), "coupons/{code}": {"total_count": 99}}

    for method, path in admin_calls(app):
        if not path.startswith("/api/"):
            continue
        body = bodies.get(path.removeprefix("/api/admin/"), {"rate_per_s": 1})
        path = Call(method, path).path(code=code, member_id="alice", visit_id="v-1")
        answer = await client.request(
            method, path, headers=headers, json=body if method != "GET" else None
        )

        checked_problem(answer, type_, status)
    assert stored(redis_url, engine, code, "new") == before


async def test_a_members_session_is_no_admins(client, app, line, engine, code):
    await in_line(line, engine, code)
    await client.get("/signin", params={"token": token("alice")})

    for method, path in admin_calls(app):
        path = Call(method, path).path(code=code, member_id="alice", visit_id="v-1")
        answer = await client.request(method, path, json={})

        assert answer.status_code in (303, 401, 403), (method, path)


async def test_a_new_coupon_is_on_offer_and_its_line_open_at_once(client, engine, code):
    body = a_coupon_in(code, room={"rate_per_s": 5, "burst": 6, "seats": 7, "size_max": 8})

    created = await client.post("/api/admin/coupons", headers=ADMIN, json=body)
    shown = await client.get(f"/api/coupons/{code}")
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    room = await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)

    assert created.status_code == 201
    assert created.json() == shown.json()
    assert (created.json()["code"], created.json()["issuing"]) == (code, "queue")
    assert entered.status_code == 202
    settings = [room.json()[k] for k in ("rate_per_s", "burst", "seats", "size_max")]
    assert settings == [5, 6, 7, 8]


@pytest.mark.parametrize("way", ["pessimistic", "optimistic", "redis_lock"])
async def test_a_direct_coupon_has_no_room(client, engine, redis_url, code, way):
    body = a_coupon_in(code, issuing=way)

    created = await client.post("/api/admin/coupons", headers=ADMIN, json=body)
    shown = await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)
    turned = await client.patch(f"/api/admin/rooms/{code}", headers=ADMIN, json={"rate_per_s": 1})

    assert (created.status_code, created.json()["issuing"]) == (201, way)
    assert get_offer(engine, code).room is None
    assert stored(redis_url, engine, code)["known to the line"] == [False]
    checked_problem(shown, "no_such_room", 404)
    checked_problem(turned, "no_such_room", 404)


async def test_a_code_names_one_coupon_only(client, engine, redis_url, code):
    await client.post("/api/admin/coupons", headers=ADMIN, json=a_coupon_in(code))
    before = stored(redis_url, engine, code)

    again = await client.post(
        "/api/admin/coupons", headers=ADMIN, json=a_coupon_in(code, total_count=99)
    )

    checked_problem(again, "code_taken", 409)
    assert stored(redis_url, engine, code) == before


async def patched(client, code, **changes):
    return await client.patch(f"/api/admin/coupons/{code}", headers=ADMIN, json=changes)


async def test_before_the_first_is_issued_all_of_it_may_change(client, line, engine, code):
    await in_line(line, engine, code)
    opens_at = (now() + HOUR).replace(microsecond=0)
    changes = {
        "description": "Summer sale",
        "discount": {"kind": "percent", "value": 10, "cap": 1_000},
        "total_count": 5,
        "opens_at": opens_at.isoformat(),
        "expire_date": (opens_at + HOUR).isoformat(),
    }

    answer = await patched(client, code, **changes)
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert answer.status_code == 200
    assert answer.json() == (await client.get(f"/api/coupons/{code}")).json()
    assert answer.json()["discount"] == changes["discount"]
    assert (answer.json()["description"], answer.json()["total_count"]) == ("Summer sale", 5)
    assert answer.json()["state"] == "scheduled"
    checked_problem(entered, "not_open_yet", 409)


async def test_what_was_promised_is_fixed_once_one_is_issued(client, engine, redis_url, code):
    was = on_offer(engine, code).coupon
    issue(engine, code, ["alice"], now())
    before = stored(redis_url, engine, code)

    refused = [
        await patched(client, code, discount={"kind": "amount", "value": 4_999}),
        await patched(client, code, opens_at=(was.opens_at - HOUR).isoformat()),
        await patched(client, code, expire_date=(was.expire_date - HOUR / 2).isoformat()),
        await patched(client, code, description="new", discount={"kind": "percent", "value": 1}),
    ]

    for answer in refused:
        checked_problem(answer, "already_started", 409)
    assert stored(redis_url, engine, code) == before


async def test_the_stock_a_later_end_and_the_words_may_still_change(client, engine, code):
    was = on_offer(engine, code).coupon
    issue(engine, code, ["alice"], now())

    answer = await patched(
        client,
        code,
        description="Spring sale, longer",
        total_count=1,
        expire_date=(was.expire_date + HOUR).isoformat(),
        opens_at=was.opens_at.isoformat(),
        discount={"kind": "amount", "value": 5_000},
    )

    assert answer.status_code == 200
    assert (answer.json()["description"], answer.json()["state"]) == (
        "Spring sale, longer",
        "sold_out",
    )


async def test_the_stock_never_falls_below_what_is_used(client, engine, redis_url, code):
    on_offer(engine, code, total=5)
    issue(engine, code, ["alice", "bob"], now())
    before = stored(redis_url, engine, code)

    answer = await patched(client, code, total_count=1)

    assert (
        "at least 2, the number already issued, got 1"
        in checked_problem(answer, "bad_request", 422)["detail"]
    )
    assert stored(redis_url, engine, code) == before


async def test_what_is_null_or_not_named_stays(client, engine, code):
    on_offer(engine, code)
    was = (await client.get(f"/api/coupons/{code}")).json()

    nothing = await patched(client, code)
    nulls = await patched(
        client, code, description=None, discount=None, total_count=None, expire_date=None
    )

    assert nothing.json() == nulls.json() == was


async def test_a_discount_is_changed_as_a_whole(client, engine, code):
    on_offer(engine, code)
    await patched(client, code, discount={"kind": "percent", "value": 10, "cap": 1_000})

    without_cap = await patched(client, code, discount={"kind": "percent", "value": 10})

    assert without_cap.json()["discount"] == {"kind": "percent", "value": 10, "cap": None}


async def test_an_unknown_coupon_can_not_be_changed(client):
    checked_problem(await patched(client, "nothing", total_count=1), "no_such_coupon", 404)


async def test_an_admins_routes_are_the_same_in_every_application(parts, app):
    assert admin_calls(create_app(parts)) == admin_calls(app)
