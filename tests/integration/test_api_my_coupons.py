"""What a member holds, and using it once."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from issuance.member_coupons import list_member_coupons
from issuance.tables import issued_coupons
from tests.integration.cast import HOUR, on_offer, time_passes
from tests.integration.web_cast import (
    ISSUED_KEYS,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    serve,
    stored,
)


@pytest.fixture
async def alices(client, line, engine, code) -> dict:
    """What Alice was issued in the room `code`, as the ticket page knows it."""
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await serve(line, engine, code)
    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
    return answer.json()["issued_coupon"]


async def test_who_holds_nothing_gets_an_empty_list(client):
    answer = await client.get("/api/me/coupons", headers=by("alice"))

    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["cache-control"] == "no-store"


async def test_a_member_sees_their_own_coupons_the_latest_first(client, engine, code, alices):
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    later = await client.post(f"/api/coupons/{code}-d/issue", headers=by("alice"))
    await client.post(f"/api/coupons/{code}-d/issue", headers=by("bob"))

    mine = (await client.get("/api/me/coupons", headers=by("alice"))).json()

    assert mine == [later.json(), alices]
    assert all(one.keys() == ISSUED_KEYS for one in mine)


async def test_a_coupon_is_used_once_and_shows_it_everywhere(client, code, alices):
    path = f"/api/me/coupons/{alices['id']}/use"

    used = await client.post(path, headers=by("alice"))
    again = await client.post(path, headers=by("alice"))
    mine = (await client.get("/api/me/coupons", headers=by("alice"))).json()
    place = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()

    assert used.status_code == 200
    assert (used.json()["status"], used.json()["id"]) == ("USED", alices["id"])
    assert used.json()["used_at"].endswith("Z")
    checked_problem(again, "already_used", 409)
    assert mine == [used.json()]
    assert (place["state"], place["issued_coupon"]) == ("issued", used.json())


async def test_a_coupon_past_its_date_can_not_be_used(parts, engine, code, alices):
    time_passes(engine, 2 * HOUR)

    async with client_of(app_with(parts)) as client:
        answer = await client.post(f"/api/me/coupons/{alices['id']}/use", headers=by("alice"))
        mine = await client.get("/api/me/coupons", headers=by("alice"))

    checked_problem(answer, "expired", 410)
    assert [one["status"] for one in mine.json()] == ["EXPIRED"]
    with engine.begin() as tx:
        assert tx.execute(select(issued_coupons.c.status)).scalars().all() == ["UNUSED"]


async def test_somebody_elses_coupon_is_answered_like_none(client, engine, redis_url, code, alices):
    before = stored(redis_url, engine, code)

    bobs = await client.post(f"/api/me/coupons/{alices['id']}/use", headers=by("bob"))
    nobodys = await client.post(f"/api/me/coupons/{uuid4()}/use", headers=by("bob"))

    told = [checked_problem(answer, "no_such_issued_coupon", 404) for answer in (bobs, nobodys)]
    assert {**told[0], "request_id": ""} == {**told[1], "request_id": ""}
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize("id_", ["1", "not-an-id", "%00", "x" * 200, "6f0e1d5a-0000-4000-8000-"])
async def test_a_malformed_id_is_a_bad_request(client, engine, redis_url, code, alices, id_):
    before = stored(redis_url, engine, code)

    answer = await client.post(f"/api/me/coupons/{id_}/use", headers=by("alice"))

    checked_problem(answer, "bad_request", 422)
    assert stored(redis_url, engine, code) == before


async def test_a_coupon_is_used_though_the_line_is_away(parts, engine, line_away, code, alices):
    async with client_of(app_with(parts, line=line_away)) as client:
        answer = await client.post(f"/api/me/coupons/{alices['id']}/use", headers=by("alice"))

    assert (answer.status_code, answer.json()["status"]) == (200, "USED")
    assert list_member_coupons(engine, "alice")[0][0].status == "USED"
