from datetime import timedelta, timezone

import pytest

from domain.discount import DiscountPolicy
from domain.room_settings import RoomSettings
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.locking import optimistic
from tests.integration.cast import HOUR, now, on_offer, time_passes
from tests.integration.web_cast import ISSUED_KEYS, by, checked_problem, stored

COUPON_KEYS = {
    "code", "description", "discount", "total_count", "used_count", "remain_count",
    "opens_at", "expire_date", "issuing", "state", "lobby_opens_at", "opening",
}  # fmt: skip


DIRECT_WAYS = ("pessimistic", "optimistic", "redis_lock")


async def test_a_coupon_is_shown_with_everything_the_interface_names(client, engine, code):
    offer = on_offer(engine, code, total=3, discount=DiscountPolicy("percent", 20, 5_000))
    issue(engine, code, ["alice"], now())

    answer = await client.get(f"/api/coupons/{code}")

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == COUPON_KEYS
    assert (body["code"], body["description"]) == (code, "Spring sale")
    assert body["discount"] == {"kind": "percent", "value": 20, "cap": 5_000}
    assert (body["total_count"], body["used_count"], body["remain_count"]) == (3, 1, 2)
    assert body["opens_at"] == offer.coupon.opens_at.isoformat().replace("+00:00", "Z")
    assert (body["issuing"], body["state"]) == ("queue", "open")


async def test_times_are_told_in_utc_wherever_they_were_given(client, engine, code):
    in_an_hour = (now() + HOUR).replace(microsecond=0)
    on_offer(engine, code, expire_date=in_an_hour.astimezone(timezone(timedelta(hours=9))))

    body = (await client.get(f"/api/coupons/{code}")).json()

    assert body["expire_date"] == in_an_hour.isoformat().replace("+00:00", "Z")


async def test_all_coupons_are_listed_by_the_time_they_open(client, engine, code):
    on_offer(engine, f"{code}-b", opens_at=now() - HOUR)
    on_offer(engine, f"{code}-a", opens_at=now() - 2 * HOUR)

    answer = await client.get("/api/coupons")

    assert answer.status_code == 200
    assert [one["code"] for one in answer.json()] == [f"{code}-a", f"{code}-b"]
    assert all(one.keys() == COUPON_KEYS for one in answer.json())


async def test_where_nothing_is_on_offer_the_list_is_empty(client):
    assert (await client.get("/api/coupons")).json() == []


async def test_what_a_crowd_looks_at_may_be_kept_for_a_second(client, engine, code):
    on_offer(engine, code)

    for path in ("/api/coupons", f"/api/coupons/{code}"):
        answer = await client.get(path)

        assert answer.headers["cache-control"] == "public, max-age=1"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("scheduled", {"opens_at": now() + HOUR, "expire_date": now() + 2 * HOUR}),
        ("closed", {"opens_at": now() - 2 * HOUR, "expire_date": now() - HOUR}),
        ("paused", {"room": RoomSettings(state="paused")}),
        ("closed", {"room": RoomSettings(state="closed")}),
        ("open", {}),
        ("open", {"issuing": "pessimistic"}),
    ],
)
async def test_the_state_follows_the_schedule_and_the_room(client, engine, code, state, changes):
    on_offer(engine, code, **changes)

    body = (await client.get(f"/api/coupons/{code}")).json()

    assert body["state"] == state


async def test_a_coupon_whose_last_one_is_gone_is_sold_out(client, engine, code):
    on_offer(engine, code, total=1)
    issue(engine, code, ["alice"], now())

    body = (await client.get(f"/api/coupons/{code}")).json()

    assert (body["state"], body["remain_count"]) == ("sold_out", 0)


async def test_an_unknown_coupon_is_said_to_be_unknown(client):
    checked_problem(await client.get("/api/coupons/nothing"), "no_such_coupon", 404)


@pytest.mark.parametrize("way", DIRECT_WAYS)
async def test_issuing_directly_gives_a_coupon_and_then_the_same_one(client, engine, code, way):
    on_offer(engine, code, total=2, issuing=way)

    first = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))
    again = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json().keys() == ISSUED_KEYS
    assert first.json()["member_id"] == "alice"
    assert first.json()["coupon_code"] == code
    assert (first.json()["status"], first.json()["used_at"]) == ("UNUSED", None)
    assert list_holders(engine, code) == ["alice"]


@pytest.mark.parametrize("way", DIRECT_WAYS)
async def test_an_answer_says_that_its_way_did_not_have_to_try_again(client, engine, code, way):
    on_offer(engine, code, issuing=way)

    for _ in ("first", "again"):
        answer = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))

        assert answer.headers["waitroom-retries"] == "0"


async def test_an_answer_says_how_often_others_were_faster(client, engine, code, monkeypatch):
    on_offer(engine, code, issuing="optimistic")
    attempt, losses = optimistic._attempt, iter([True, True])
    monkeypatch.setattr(
        optimistic, "_attempt", lambda *given: None if next(losses, False) else attempt(*given)
    )

    answer = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))

    assert (answer.status_code, answer.headers["waitroom-retries"]) == (201, "2")
    assert list_holders(engine, code) == ["alice"]


async def test_how_often_a_way_tried_again_is_described(client):
    schema = (await client.get("/openapi.json")).json()

    answers = schema["paths"]["/api/coupons/{code}/issue"]["post"]["responses"]

    for status in ("200", "201"):
        assert answers[status]["headers"]["Waitroom-Retries"]["schema"]["type"] == "integer"


async def test_a_coupon_with_a_line_is_not_issued_directly(client, engine, line, redis_url, code):
    on_offer(engine, code)
    before = stored(redis_url, engine, code)

    answer = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))

    assert "line" in checked_problem(answer, "not_direct", 409)["detail"]
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize("way", DIRECT_WAYS)
async def test_the_last_direct_coupon_goes_to_one_of_two(client, engine, code, way):
    on_offer(engine, code, total=1, issuing=way)

    first = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))
    second = await client.post(f"/api/coupons/{code}/issue", headers=by("bob"))

    assert first.status_code == 201
    checked_problem(second, "sold_out", 410)
    assert list_holders(engine, code) == ["alice"]


async def test_direct_issuing_keeps_the_schedule(client, engine, code):
    opens_at = (now() + HOUR).replace(microsecond=0)
    on_offer(
        engine, f"{code}-a", issuing="pessimistic", opens_at=opens_at, expire_date=now() + 2 * HOUR
    )
    on_offer(engine, f"{code}-z", issuing="pessimistic", expire_date=now() - HOUR / 2)

    early = await client.post(f"/api/coupons/{code}-a/issue", headers=by("alice"))
    late = await client.post(f"/api/coupons/{code}-z/issue", headers=by("alice"))

    problem = checked_problem(early, "not_open_yet", 409)
    assert problem["opens_at"] == opens_at.isoformat().replace("+00:00", "Z")
    checked_problem(late, "closed", 410)
    assert list_holders(engine, f"{code}-a") == list_holders(engine, f"{code}-z") == []


async def test_direct_issuing_wants_to_know_who_asks(client, engine, code):
    on_offer(engine, code, issuing="pessimistic")

    answer = await client.post(f"/api/coupons/{code}/issue")

    checked_problem(answer, "not_signed_in", 401)
    assert list_holders(engine, code) == []


async def test_an_unknown_coupon_is_not_issued(client):
    answer = await client.post("/api/coupons/nothing/issue", headers=by("alice"))

    checked_problem(answer, "no_such_coupon", 404)


async def test_time_is_what_postgres_says_it_is(client, engine, code):
    on_offer(engine, code, issuing="pessimistic")
    time_passes(engine, timedelta(days=1))

    shown = await client.get(f"/api/coupons/{code}")
    asked = await client.post(f"/api/coupons/{code}/issue", headers=by("alice"))

    assert shown.json()["state"] == "closed"
    checked_problem(asked, "closed", 410)
