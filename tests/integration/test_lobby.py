"""The lobby: who comes early waits there, and stands in line when the room opens, as promised."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.apply_settings import apply_settings
from domain.draw import NUMBERS, draw_number, seed_commitment
from domain.draw_record import DrawRecord, find_faults
from domain.refusals import AlreadyStarted
from domain.room import DrawSummary
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.draws import find_draw, save_draw
from tests.integration.cast import HOUR, a_room, in_force, now, on_offer
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    kinds,
    places,
)
from tests.integration.opening_cast import LATER, open_offer, open_room
from tests.integration.web_cast import ADMIN, by, checked_problem
from waitroom.redis_io.keys import Keys

SEED = bytes(range(32))
WIDE_OPEN = RoomSettings(rate_per_s=100_000, burst=100_000, seats=100_000)


async def test_who_comes_before_the_lobby_opens_is_told_when_it_does(client, line, engine, code):
    opens_at = now() + HOUR
    await apply_settings(
        line, on_offer(engine, code, opens_at=opens_at, expire_date=now() + 2 * HOUR)
    )

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    body = checked_problem(answer, "not_open_yet", 409)
    assert body["lobby_opens_at"] == (
        (opens_at - timedelta(minutes=15)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


async def test_the_lobby_stands_in_line_as_it_came(line, code):
    room = await in_force(line, code, opens_at=now() + LATER)
    early = crowd(50)
    first = await enter(line, code, early)

    held = await admit(line, code)
    await open_room(line, room)
    await enter(line, code, ["too-late"])

    assert held.held_back_by == "not_open_yet"
    assert [one.ahead for one in first] == list(range(50))
    assert all(one.facts.is_lobby for one in first)
    assert (await admit(line, code)).members == (*early, "too-late")


async def test_a_lobby_that_draws_stands_as_the_seed_says_and_latecomers_behind(line, code):
    room = replace(a_room(code, opens_at=now() + LATER, opening="draw"), seed=SEED)
    await line.apply_settings(room)
    early = crowd(200)
    waiting = await enter(line, code, early)
    again = await enter(line, code, early[:3])

    room = await open_room(line, room)
    latecomers = await enter(line, code, ["late-1", "late-2"])
    lobby = await line.lobby(code)
    undrawn = await admit(line, code)
    await line.apply_settings(replace(room, drawn=DrawSummary(now(), 200, "")))
    order = (await admit(line, code)).members

    by_number = sorted(early, key=lambda member: draw_number(SEED, member))
    assert all(one.facts.is_undrawn and one.ahead == 0 for one in waiting)
    assert [one.arrival_us for one in again] == [one.arrival_us for one in waiting[:3]]
    assert lobby == by_number
    assert [one.ahead for one in latecomers] == [200, 201]
    assert (undrawn.members, undrawn.held_back_by) == ((), "undrawn")
    assert order == (*by_number, "late-1", "late-2")


async def test_nobody_is_in_a_lobby_to_be_read_before_it_opened(line, code):
    await in_force(line, code, opens_at=now() + HOUR, closes_at=now() + 2 * HOUR, lobby_s=7_200)

    await enter(line, code, ["alice"])

    assert await line.lobby(code) is None


async def test_a_whole_lobby_is_read_part_by_part(line, code, monkeypatch):
    monkeypatch.setattr("waitroom.lobby.AT_ONCE", 7)
    room = replace(a_room(code, opens_at=now() + LATER, opening="draw"), seed=SEED)
    await line.apply_settings(room)
    await enter(line, code, crowd(50))

    await open_room(line, room)

    assert await line.lobby(code) == sorted(crowd(50), key=lambda one: draw_number(SEED, one))


async def test_what_was_drawn_is_written_down_once_and_can_be_checked(client, line, engine, code):
    room = RoomSettings(rate_per_s=100_000, burst=100_000, opening="draw")
    offer = on_offer(engine, code, room=room, opens_at=now() + LATER)
    await apply_settings(line, offer)
    for member in ("alice", "bob", "charlie"):
        place = (await client.post(f"/api/rooms/{code}/enter", headers=by(member))).json()
        assert (place["room_state"], place["opening"]) == ("scheduled", "draw")
        assert place["place"] is place["ahead"] is place["arrived_at"] is None

    before = (await client.get(f"/api/rooms/{code}/draw")).json()
    unknown = await client.get(f"/api/rooms/{code}/draw/record")
    page_before = (await client.get(f"/rooms/{code}/draw")).text
    await open_offer(line, engine, code)
    lobby = await line.lobby(code)
    await apply_settings(line, save_draw(engine, code, lobby, now()))
    save_draw(engine, code, [*lobby, "a-friend"], now())
    await asyncio.sleep(1.1)  # what the catalogue knows is up to a second old
    after = (await client.get(f"/api/rooms/{code}/draw")).json()
    page_after = (await client.get(f"/rooms/{code}/draw")).text
    public = await client.get(f"/api/rooms/{code}/draw/record")
    audited = await client.get(f"/api/admin/rooms/{code}/draw/record", headers=ADMIN)

    checked_problem(unknown, "not_drawn", 409)
    assert before["seed"] is None
    assert before["commitment"] == after["commitment"] == seed_commitment(offer.room.seed)
    assert bytes.fromhex(after["seed"]) == offer.room.seed
    assert after["entrants_count"] == 3
    assert before["commitment"] in page_before
    assert offer.room.seed.hex() not in page_before
    assert offer.room.seed.hex() in page_after
    assert after["entrants_sha256"] in page_after
    record = DrawRecord.from_json(audited.text)
    assert record == find_draw(engine, code)
    assert record.members == tuple(sorted(lobby, key=lambda one: draw_number(offer.room.seed, one)))
    assert find_faults(record, commitment=before["commitment"]) == []
    assert find_faults(DrawRecord.from_json(public.text)) == []
    assert "alice" not in public.text
    assert (await admit(line, code)).members == record.members


async def test_an_order_that_was_promised_cannot_be_changed(line, engine, code):
    opens_at = now() + timedelta(minutes=5)
    room = RoomSettings(opening="draw")
    on_offer(engine, code, room=room, opens_at=opens_at)

    def change(alter):
        offers.change_offer(engine, code, alter, who="test", what="changed", now=now())

    with pytest.raises(ValueError, match="the lobby opened at"):
        change(lambda offer: (offer.coupon, offer.settings.change(opening="first_come")))
    save_draw(engine, code, ["alice"], now())
    with pytest.raises(AlreadyStarted):
        change(lambda offer: (offer.coupon.change(opens_at=now() + HOUR / 2), offer.settings))


async def test_leaving_the_lobby_and_coming_back_draws_nothing_better(line, code, raw_redis):
    room = await in_force(line, code, opens_at=now() + HOUR / 60, opening="draw")
    await line.apply_settings(replace(room, seed=SEED))
    first = (await enter(line, code, ["alice"]))[0]

    await line.leave(code, "alice")
    gone = await kinds(line, code, ["alice"])
    second = (await enter(line, code, ["alice"]))[0]

    assert gone == ["absent"]
    assert first.arrival_us == second.arrival_us
    number = await raw_redis.zscore(Keys(code).waiting, "alice")
    assert number == draw_number(SEED, "alice") < NUMBERS


async def test_a_room_that_is_closed_in_the_lobby_tells_everybody(line, code):
    await in_force(line, code, opens_at=now() + HOUR / 60)
    await enter(line, code, ["alice"])

    await in_force(line, code, opens_at=now() + HOUR / 60, state="closed", version=2)

    assert [one.kind for one in await places(line, code, ["alice"])] == ["closed"]
