"""Turning a room while it runs, watching it, and the trail that every change leaves."""

from domain.room_settings import RoomSettings
from issuance.errors import OfficeAway
from issuance.queue.job_queue import QueueStatus
from tests.integration.cast import on_offer
from tests.integration.web_cast import (
    ADMIN,
    a_coupon_in,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    serve,
)
from web.app import create_app

ROOM_KEYS = {
    "code", "state", "rate_per_s", "burst", "seats", "size_max", "waiting", "admitted", "issued",
    "refused", "left", "admitted_per_s", "issued_per_s", "remain_count", "workers",
    "db_connections",
}  # fmt: skip


async def turned(client, code, **settings):
    return await client.patch(f"/api/admin/rooms/{code}", headers=ADMIN, json=settings)


async def entered(client, code, *members):
    answers = [await client.post(f"/api/rooms/{code}/enter", headers=by(m)) for m in members]
    return [one.status_code for one in answers]


async def test_what_is_turned_is_in_force_in_the_line_at_once(client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=1, burst=1))
    await entered(client, code, "alice", "bob", "charlie")

    answer = await turned(client, code, rate_per_s=500.5, burst=50, seats=2, size_max=3)
    admission = await line.admit(code, at_most=100, lease_s=15)

    assert answer.status_code == 200
    assert [answer.json()[k] for k in ("rate_per_s", "burst", "seats", "size_max")] == [
        500.5, 50, 2, 3,
    ]  # fmt: skip
    assert len(admission.members) <= 2
    figures = await line.room_stats(code)
    assert (figures.rate_per_s, figures.burst, figures.seats) == (500.5, 50, 2)


async def test_a_paused_room_takes_people_in_but_lets_nobody_through(client, line, engine, code):
    await in_line(line, engine, code)

    paused = await turned(client, code, state="paused")
    statuses = await entered(client, code, "alice")
    held = await line.admit(code, at_most=100, lease_s=15)
    coupon = await client.get(f"/api/coupons/{code}")
    place = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
    await turned(client, code, state="open")
    resumed = await line.admit(code, at_most=100, lease_s=15)

    assert (paused.json()["state"], statuses) == ("paused", [202])
    assert (held.members, held.held_back_by) == ((), "paused")
    assert coupon.json()["state"] == "paused"
    assert (place.json()["state"], place.json()["room_state"]) == ("waiting", "paused")
    assert place.json()["eta_s"] is None
    assert resumed.members == ("alice",)


async def test_a_line_that_drains_takes_nobody_new_and_serves_who_stands_in_it(
    client, line, engine, code
):
    await in_line(line, engine, code)
    await entered(client, code, "alice")

    drained = await turned(client, code, state="draining")
    bob = await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    again = await entered(client, code, "alice", "alice")
    place = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()
    coupon = (await client.get(f"/api/coupons/{code}")).json()
    served = await serve(line, engine, code)
    await turned(client, code, state="open")

    assert drained.json()["state"] == "draining"
    assert checked_problem(bob, "draining", 409)["detail"].startswith("Entry is closed")
    assert again == [202, 202]
    assert (place["state"], place["place"], place["room_state"]) == ("waiting", 1, "draining")
    assert coupon["state"] == "draining"
    assert served == ("alice",)
    assert await entered(client, code, "alice", "bob") == [200, 202]


async def test_a_closed_room_tells_everybody_at_once(client, line, engine, code):
    await in_line(line, engine, code)
    await entered(client, code, "alice")

    closed = await turned(client, code, state="closed")
    alice = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
    bob = await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    coupon = await client.get(f"/api/coupons/{code}")

    assert closed.json()["state"] == coupon.json()["state"] == "closed"
    assert (alice.json()["state"], alice.json()["refusal"]["type"]) == ("refused", "closed")
    checked_problem(bob, "closed", 410)


async def test_a_change_reaches_a_second_process_too(parts, client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(size_max=1))
    await entered(client, code, "alice")

    async with client_of(create_app(parts)) as second:
        full = await entered(second, code, "bob")
        await turned(client, code, size_max=2)
        room = await entered(second, code, "bob")

    assert (full, room) == ([503], [202])


async def test_a_room_shows_its_settings_and_what_goes_on_in_it(client, line, engine, code):
    await in_line(line, engine, code, total=5, room=RoomSettings(seats=9))
    await entered(client, code, "alice", "bob", "charlie", "dora")
    await client.delete(f"/api/rooms/{code}/place", headers=by("dora"))
    await serve(line, engine, code, at_most=1)
    await line.admit(code, at_most=1, lease_s=15)

    answer = await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() >= ROOM_KEYS
    assert (body["code"], body["state"], body["seats"]) == (code, "open", 9)
    assert (body["waiting"], body["seats_in_use"], body["entered"]) == (1, 1, 4)
    assert body["under_way"] == body["seats_in_use"], "its alias for one release"
    assert (body["admitted"], body["issued"], body["refused"], body["left"]) == (2, 1, 0, 1)
    assert body["remain_count"] == 4
    assert body["workers"] == 2
    assert body["db_connections"]["bound"] == 7
    assert body["db_connections"]["in_use"] >= 1
    assert 0 <= body["issued_per_s"] <= body["admitted_per_s"] <= 0.2


async def test_who_waits_in_a_line_that_is_over_counts_as_refused(client, line, engine, code):
    await in_line(line, engine, code, total=1)
    await entered(client, code, "alice", "bob", "charlie")
    await serve(line, engine, code, at_most=1)
    await entered(client, code, "dora")

    body = (await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)).json()

    assert (body["issued"], body["waiting"], body["refused_in_all"]) == (1, 0, 3)
    assert (body["refused"], body["turned_away"]) == (0, 1)
    assert body["remain_count"] == 0


async def test_an_unknown_room_is_neither_shown_nor_turned(client):
    shown = await client.get("/api/admin/rooms/nothing", headers=ADMIN)
    changed = await turned(client, "nothing", rate_per_s=1)

    checked_problem(shown, "no_such_room", 404)
    checked_problem(changed, "no_such_room", 404)


async def test_workers_that_can_not_be_counted_make_figures_unavailable(parts, line, engine, code):
    def away() -> QueueStatus:
        raise OfficeAway

    await in_line(line, engine, code)

    async with client_of(app_with(parts, queue_status=away)) as client:
        answer = await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)

    checked_problem(answer, "unavailable", 503)


async def test_every_change_leaves_an_entry_with_what_it_changed(client, code):
    await client.post("/api/admin/coupons", headers=ADMIN, json=a_coupon_in(code))
    await client.patch(f"/api/admin/coupons/{code}", headers=ADMIN, json={"total_count": 11})
    await turned(client, code, rate_per_s=7, state="paused")

    answer = await client.get(f"/api/admin/audit?subject={code}", headers=ADMIN)

    room, coupon, created = answer.json()
    assert [one["what"] for one in (room, coupon, created)] == [
        "room changed", "coupon changed", "coupon created",
    ]  # fmt: skip
    assert {one["who"] for one in answer.json()} == {"admin token"}
    assert {one["subject"] for one in answer.json()} == {code}
    assert room["at"] >= coupon["at"] >= created["at"]
    assert created["before"] is None
    assert created["after"]["total_count"] == 10
    assert (coupon["before"], coupon["after"]) == ({"total_count": 10}, {"total_count": 11})
    assert room["after"] == {"room": {"rate_per_s": 7, "state": "paused"}}
    assert room["before"].keys() == {"room"}
    assert room["before"]["room"] == {"rate_per_s": 100, "state": "open"}


async def test_the_trail_can_be_cut_short_and_leaves_out_the_others(client, engine, code):
    on_offer(engine, f"{code}-other")
    on_offer(engine, code)
    await turned(client, code, burst=1)

    latest = await client.get("/api/admin/audit?at_most=1", headers=ADMIN)
    everything = await client.get("/api/admin/audit", headers=ADMIN)

    assert [(one["what"], one["subject"]) for one in latest.json()] == [("room changed", code)]
    assert len(everything.json()) == 3
