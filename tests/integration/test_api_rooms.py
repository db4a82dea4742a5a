"""Entering a line, asking for one's place, leaving: every answer of the room's calls."""

import pytest

from application.apply_settings import apply_settings
from application.report_outcomes import report_outcomes
from domain.room_settings import RoomSettings
from issuance.issue import issue
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.web_cast import (
    ISSUED_KEYS,
    PLACE_KEYS,
    app_with,
    by,
    checked_problem,
    client_of,
    cookies_set,
    in_line,
    serve,
    stored,
)


async def test_entering_gives_a_place_and_entering_again_the_same(client, line, engine, code):
    await in_line(line, engine, code)

    first = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    again = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() | {"ask_again_s": first.json()["ask_again_s"]}
    assert (first.json()["place"], first.json()["ahead"]) == (1, 0)


async def test_a_place_names_all_that_applies_and_says_null_for_the_rest(
    client, line, engine, code
):
    await in_line(line, engine, code, total=7)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    bobs = (await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))).json()

    assert bobs.keys() >= PLACE_KEYS
    assert (bobs["room"], bobs["state"], bobs["remain_count"]) == (code, "waiting", 7)
    assert (bobs["place"], bobs["ahead"]) == (2, 1)
    assert bobs["ask_again_s"] >= 0.9
    assert bobs["arrived_at"].endswith("Z")
    assert bobs["ticket"]
    assert [bobs[key] for key in ("eta_s", "issued_coupon", "refusal")] == [None] * 3


async def test_the_place_moves_from_waiting_by_way_of_admitted_to_issued(
    client, line, engine, code
):
    await in_line(line, engine, code)
    path = f"/api/rooms/{code}/place"
    entered = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()

    waiting = await client.get(path, headers=by("alice"))
    await line.admit(code, at_most=1, lease_s=15)
    admitted = await client.get(path, headers=by("alice"))
    entered_again = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await report_outcomes(line, issue(engine, code, ["alice"], now()))
    issued = await client.get(path, headers=by("alice"))

    assert [one.status_code for one in (waiting, admitted, issued)] == [200] * 3
    assert waiting.json()["arrived_at"] == admitted.json()["arrived_at"] == entered["arrived_at"]
    assert (admitted.json()["state"], entered_again.status_code) == ("admitted", 202)
    assert (admitted.json()["place"], admitted.json()["ask_again_s"]) == (None, 1.0)
    assert admitted.json()["ticket"] == entered["ticket"]
    assert issued.json().keys() >= PLACE_KEYS
    assert issued.json()["state"] == "issued"
    assert issued.json()["remain_count"] == 9
    assert issued.json()["issued_coupon"].keys() == ISSUED_KEYS
    assert issued.json()["issued_coupon"]["member_id"] == "alice"
    assert [issued.json()[k] for k in ("place", "eta_s", "ask_again_s", "ticket")] == [None] * 4


async def test_who_already_has_the_coupon_is_given_it_at_the_door(client, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await serve(line, engine, code)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert answer.status_code == 200
    assert answer.json()["state"] == "issued"
    assert answer.json()["issued_coupon"]["member_id"] == "alice"


async def test_who_waits_for_nothing_is_told_so_with_the_place(client, line, engine, code):
    await in_line(line, engine, code, total=1)
    for member in ("alice", "bob"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await serve(line, engine, code, at_most=1)

    answer = await client.get(f"/api/rooms/{code}/place", headers=by("bob"))

    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["remain_count"]) == ("refused", 0)
    assert body["refusal"] == {
        "type": "sold_out", "title": "Sold out", "detail": "All coupons have been issued."
    }  # fmt: skip
    assert [body[k] for k in ("place", "ask_again_s", "ticket", "issued_coupon")] == [None] * 4
    assert body["arrived_at"]


async def test_the_sold_out_the_closed_and_the_unopened_room_let_nobody_in(
    client, line, engine, redis_url, code
):
    await in_line(line, engine, f"{code}-s", total=1)
    await client.post(f"/api/rooms/{code}-s/enter", headers=by("alice"))
    await serve(line, engine, f"{code}-s")
    await in_line(line, engine, f"{code}-c", room=RoomSettings(state="closed"))
    opens_at = (now() + HOUR).replace(microsecond=0)
    await in_line(line, engine, f"{code}-o", opens_at=opens_at, expire_date=opens_at + HOUR)

    sold_out = await client.post(f"/api/rooms/{code}-s/enter", headers=by("bob"))
    closed = await client.post(f"/api/rooms/{code}-c/enter", headers=by("bob"))
    unopened = await client.post(f"/api/rooms/{code}-o/enter", headers=by("bob"))

    checked_problem(sold_out, "sold_out", 410)
    checked_problem(closed, "closed", 410)
    problem = checked_problem(unopened, "not_open_yet", 409)
    assert problem["opens_at"] == opens_at.isoformat().replace("+00:00", "Z")
    for one in (f"{code}-s", f"{code}-c", f"{code}-o"):
        assert (await line.room_stats(one)).waiting == 0


async def test_a_full_room_says_when_to_try_again_and_keeps_who_is_in_it(
    client, line, engine, code
):
    await in_line(line, engine, code, room=RoomSettings(size_max=1))
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    bob = await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    alice = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert checked_problem(bob, "room_full", 503)["retry_after_s"] == 10
    assert (alice.status_code, alice.json()["place"]) == (202, 1)


async def test_who_never_entered_is_not_in_line(client, line, engine, redis_url, code):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code)

    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    checked_problem(answer, "not_in_line", 404)
    assert stored(redis_url, engine, code) == before


async def test_leaving_gives_up_the_place_and_may_be_said_twice(client, line, engine, code):
    await in_line(line, engine, code)
    for member in ("alice", "bob"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))

    left = await client.delete(f"/api/rooms/{code}/place", headers=by("alice"))
    left_again = await client.delete(f"/api/rooms/{code}/place", headers=by("alice"))

    assert (left.status_code, left_again.status_code) == (204, 204)
    assert left.content == b""
    checked_problem(
        await client.get(f"/api/rooms/{code}/place", headers=by("alice")), "not_in_line", 404
    )
    bob = await client.get(f"/api/rooms/{code}/place", headers=by("bob"))
    assert bob.json()["place"] == 1


async def test_a_direct_coupon_and_an_unknown_one_have_no_room(client, engine, redis_url, code):
    on_offer(engine, code, issuing="pessimistic")
    before = stored(redis_url, engine, code, "nothing")

    for room in (code, "nothing"):
        entered = await client.post(f"/api/rooms/{room}/enter", headers=by("alice"))
        asked = await client.get(f"/api/rooms/{room}/place", headers=by("alice"))
        followed = await client.get(f"/api/rooms/{room}/live", headers=by("alice"))

        for answer in (entered, asked, followed):
            checked_problem(answer, "no_such_room", 404)
    assert stored(redis_url, engine, code, "nothing") == before


async def test_a_room_the_line_has_not_heard_of_yet_is_away_not_unknown(client, line, engine, code):
    offer = on_offer(engine, code)

    too_early = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await apply_settings(line, offer)
    then = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    checked_problem(too_early, "unavailable", 503)
    assert then.status_code == 202


@pytest.mark.parametrize("base_url", ["", "http://shop.example", "https://shop.example"])
async def test_the_ticket_is_kept_by_a_cookie_of_its_room_until_it_is_of_no_use(
    parts, line, engine, code, base_url
):
    await in_line(line, engine, code)
    app = app_with(parts, base_url=base_url)
    secure = base_url.startswith("https")
    name = f"__Host-ticket-{code}" if secure else f"ticket-{code}"
    path = "Path=/" if secure else f"Path=/rooms/{code}"  # as the prefix demands it

    async with client_of(app) as client:
        entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
        await serve(line, engine, code)
        issued = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    kept = cookies_set(entered)[name].split("; ")
    assert kept[0] == entered.json()["ticket"]
    assert {"HttpOnly", "SameSite=lax", path} <= set(kept)
    assert ("Secure" in kept) == secure
    assert entered.headers["cache-control"] == issued.headers["cache-control"] == "no-store"
    gone = cookies_set(issued)[name].split("; ")
    assert {"Max-Age=0", path} <= set(gone)
