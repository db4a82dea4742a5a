"""Every kind of coupon and room that can not be: the admin is told, nothing is stored."""

import json

import pytest

from issuance.issue import issue
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.web_cast import ADMIN, a_coupon_in, checked_problem, in_line, stored

AMOUNT = {"kind": "amount", "value": 5_000}
LATER = (now() + 2 * HOUR).isoformat()
NAN, INFINITY = float("nan"), float("inf")

BAD_COUPON = {
    "code": ["", "Spring", "spring sale", "-spring", "a" * 41, "spring\n", "\ubd04", None, 7],
    "description": ["", "x" * 201, None, 7, "a\0b", "\ud800"],
    "discount": [
        None, 5_000, {}, {"kind": "amount"}, {"value": 1}, AMOUNT | {"kind": "gift"},
        AMOUNT | {"value": 0}, AMOUNT | {"value": -1}, AMOUNT | {"value": 10**9 + 1},
        AMOUNT | {"value": 1.5}, AMOUNT | {"value": NAN}, AMOUNT | {"value": "5000"},
        AMOUNT | {"cap": 10}, AMOUNT | {"more": 1}, {"kind": "percent", "value": 101},
        {"kind": "percent", "value": 10, "cap": 0}, AMOUNT | {"value": True},
    ],
    "total_count": [0, -1, 10_000_001, 1.5, None, "10", True, NAN, INFINITY, 10**30],
    "opens_at": [
        None, "", "tomorrow", "2026-05-01", "2026-05-01T10:00:00", 1_777_000_000, "1777000000",
        "0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", LATER, [], True,
    ],
    "expire_date": [
        None, "2020-01-01T00:00:00Z", "2026-05-01T10:00:00", "9999-12-31T23:59:59-12:00",
        "2200-01-01T00:00:00Z", "10000-01-01T00:00:00Z", 1e300, NAN,
    ],
    "issuing": ["", "fast", "QUEUE", None, 1],
    "room": [
        None, [], {"rate_per_s": 0}, {"rate_per_s": -1}, {"rate_per_s": 100_001},
        {"rate_per_s": NAN}, {"rate_per_s": INFINITY}, {"rate_per_s": "fast"},
        {"rate_per_s": "5"}, {"burst": 0}, {"burst": 1.5}, {"seats": 0}, {"seats": 100_001},
        {"size_max": 0}, {"size_max": 10_000_001}, {"state": "open"}, {"more": 1},
    ],
    "more": [1],
    "used_count": [1],
}  # fmt: skip
BAD_ROOM = [
    {"rate_per_s": 0}, {"rate_per_s": NAN}, {"rate_per_s": INFINITY}, {"rate_per_s": "5"},
    {"rate_per_s": True}, {"burst": -1}, {"burst": 2.5}, {"seats": 10**30}, {"size_max": []},
    {"state": "shut"}, {"state": ""}, {"state": 1}, {"code": "other"}, {"total_count": 5},
]  # fmt: skip
BAD_PATCH = [
    {"total_count": 0}, {"total_count": "5"}, {"total_count": True}, {"description": ""},
    {"description": "a\0b"}, {"discount": {}}, {"discount": {"kind": "percent", "value": 101}},
    {"opens_at": "2026-05-01T10:00:00"}, {"opens_at": LATER}, {"code": "other"},
    {"issuing": "pessimistic"}, {"used_count": 0}, {"room": {"burst": 1}},
    {"expire_date": "9999-12-31T23:59:59-12:00"}, {"expire_date": "2020-01-01T00:00:00Z"},
]  # fmt: skip


async def sent(client, how: str, path: str, body: object):
    """As a careless client sends it: NaN and lone surrogates included."""
    headers = ADMIN | {"Content-Type": "application/json"}
    return await client.request(how, path, headers=headers, content=json.dumps(body).encode())


@pytest.mark.parametrize("name", BAD_COUPON)
async def test_a_coupon_that_can_not_be_is_not_made(client, engine, redis_url, code, name):
    before = stored(redis_url, engine, code)

    for value in BAD_COUPON[name]:
        body = a_coupon_in(code) | {name: value}
        answer = await sent(client, "POST", "/api/admin/coupons", body)

        assert answer.status_code == 422, value
        detail = checked_problem(answer, "bad_request", 422)["detail"]
        assert name in detail or name in ("discount", "expire_date"), detail
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize("missing", ["code", "description", "discount", "total_count", "opens_at"])
async def test_what_a_coupon_can_not_be_without_is_named(client, code, missing):
    body = a_coupon_in(code)
    del body[missing]

    answer = await sent(client, "POST", "/api/admin/coupons", body)

    problem = checked_problem(answer, "bad_request", 422)
    assert problem["errors"] == [{"where": f"body.{missing}", "what": "Field required"}]


async def test_a_room_that_can_not_be_is_not_put_in_force(client, line, engine, redis_url, code):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code)

    for patch in BAD_ROOM:
        answer = await sent(client, "PATCH", f"/api/admin/rooms/{code}", patch)

        assert answer.status_code == 422, patch
        checked_problem(answer, "bad_request", 422)
    assert stored(redis_url, engine, code) == before


async def test_a_change_that_can_not_be_is_not_made(client, line, engine, redis_url, code):
    await in_line(line, engine, code)
    issue(engine, code, ["alice"], now())
    before = stored(redis_url, engine, code)

    for patch in BAD_PATCH:
        answer = await sent(client, "PATCH", f"/api/admin/coupons/{code}", patch)

        assert answer.status_code == 422, patch
        checked_problem(answer, "bad_request", 422)
    assert stored(redis_url, engine, code) == before


async def test_a_whole_number_may_be_written_with_a_point(client, line, engine, code):
    """As some languages do; JSON Schema calls 5.0 an integer."""
    await in_line(line, engine, code)

    answer = await sent(client, "PATCH", f"/api/admin/rooms/{code}", {"seats": 55.0, "burst": 1e2})
    refused = await sent(client, "PATCH", f"/api/admin/rooms/{code}", {"seats": 55.5})

    assert (answer.status_code, refused.status_code) == (200, 422)
    assert (answer.json()["seats"], answer.json()["burst"]) == (55, 100)


async def test_the_audit_trail_is_asked_for_within_bounds(client):
    for query in ("at_most=0", "at_most=1001", "at_most=x", "subject=" + "a" * 65):
        answer = await client.get(f"/api/admin/audit?{query}", headers=ADMIN)

        checked_problem(answer, "bad_request", 422)


async def test_a_subject_that_no_coupon_can_have_has_no_entries(client, engine, code):
    on_offer(engine, code)

    answer = await client.get("/api/admin/audit?subject=%00", headers=ADMIN)

    assert (answer.status_code, answer.json()) == (200, [])
