"""A place that was given up, or had its turn, is not back by its old ticket after a loss."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

import pytest
from redis import Redis

from application.apply_settings import apply_settings
from domain.draw import draw_number
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.draws import save_draw
from tests.house import eventually
from tests.integration.cast import now
from tests.integration.line_cast import (
    admit,
    crowd,
    kinds,
    places,
    refuse,
)
from tests.integration.lost_cast import HASTE, kinds_of_restored, tickets_of
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.web_cast import by, in_line
from waitroom.redis_io.keys import Keys

# A watermark's interval, and what a busy machine adds to it.
WRITTEN_WITHIN_S = 60.0


def unsaved(redis_url, code):
    with Redis.from_url(redis_url) as redis:
        return redis.zcard(Keys(code).spent_unsaved)


def test_who_left_stays_out_after_redis_has_lost_everything(own_house, code):
    """Real processes: the 51st of 100 left, and shows their ticket after a FLUSHALL."""
    house = own_house
    house.start("admitter")
    house.start_web()
    house.offer(code, 100, restore_s=0)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    tickets = {}
    for member in crowd(100):
        tickets[member] = house.member("POST", f"/api/rooms/{code}/enter", member)[1]["ticket"]
    leaver = crowd(100)[50]
    assert house.member("DELETE", f"/api/rooms/{code}/place", leaver)[0] == 204
    eventually(lambda: unsaved(house.redis_url, code) == 0, within_s=WRITTEN_WITHIN_S)
    time.sleep(1.5)

    with Redis.from_url(house.redis_url) as redis:
        redis.flushall()
    told: dict[str, int] = {}

    def all_but_the_leaver_are_back() -> bool:
        for member, ticket in tickets.items():
            told[member] = ask_with(house, code, member, ticket)
        return all(status == 200 for member, status in told.items() if member != leaver)

    eventually(all_but_the_leaver_are_back)
    time.sleep(1.5)

    assert ask_with(house, code, leaver, tickets[leaver]) == 404
    assert house.admin("GET", f"/rooms/{code}")["waiting"] == 99


def ask_with(house, code, member, ticket):
    request = urllib.request.Request(f"{house.base_url}/api/rooms/{code}/place")
    request.add_header("Authorization", f"Bearer {house.identity.sign(member)}")
    request.add_header("Waitroom-Ticket", ticket)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("shown", ["after", "before"])
async def test_who_left_stays_out_whether_they_ask_before_or_after_it_is_given_back(
    line, engine, code, comes_by, lose_all, shown
):
    await in_line(line, engine, code, room=HASTE)
    came = await tickets_of(line, code, ["alice", "bob", "carol"])
    await line.leave(code, "bob")
    await comes_by()

    lose_all()
    if shown == "before":
        await apply_settings(line, offers.get_offer(engine, code))
        await kinds_of_restored(line, code, came)
        held = await admit(line, code)
    else:
        await comes_by()
        held = None
    await comes_by()
    told = await kinds_of_restored(line, code, came)
    await comes_by()

    assert held is None or held.held_back_by == "restoring"
    assert told == ["waiting", "absent", "waiting"]
    assert (await admit(line, code)).members == ("alice", "carol")


async def test_who_left_and_entered_again_has_their_new_place_after_a_loss(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    first = await tickets_of(line, code, ["alice", "bob"])
    await line.leave(code, "alice")
    second = await tickets_of(line, code, ["alice"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    old = await kinds_of_restored(line, code, {"alice": first["alice"]})
    new = await kinds_of_restored(line, code, {"bob": first["bob"], **second})

    assert old == ["absent"]
    assert new == ["waiting"] * 2
    assert [one.ahead for one in await places(line, code, ["bob", "alice"])] == [0, 1]


async def test_who_was_refused_has_had_their_turn_through_a_loss(
    line, engine, code, comes_by, lose_all
):
    """Also where somebody before them still stands in line, so that no watermark says it."""
    await in_line(line, engine, code, room=HASTE)
    came = await tickets_of(line, code, ["alice", "bob", "carol", "dora"])
    await admit(line, code, 3)
    await refuse(line, code, 0, ["bob", "carol"])
    await line.enter(code, "carol")
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await kinds_of_restored(line, code, came)

    # Alice was let through and has no outcome yet.
    assert told == ["waiting", "absent", "absent", "waiting"]


async def test_who_left_twice_is_out_by_either_ticket(line, engine, code, comes_by, lose_all):
    await in_line(line, engine, code, room=HASTE)
    first = await tickets_of(line, code, ["alice"])
    await line.leave(code, "alice")
    await comes_by()
    second = await tickets_of(line, code, ["alice"])
    await line.leave(code, "alice")
    await comes_by()

    for _ in range(2):
        lose_all()
        await comes_by(times=2)

    assert await kinds_of_restored(line, code, first) == ["absent"]
    assert await kinds_of_restored(line, code, second) == ["absent"]


@pytest.mark.parametrize("again", ["never", "before the loss", "after the loss"])
async def test_the_number_of_who_left_the_lobby_is_good_again_once_they_enter(
    line, engine, code, comes_by, lose_all, again
):
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw", restore_s=0)
    offer = await in_line(line, engine, code, room=room, opens_at=now() + LATER)
    came = await tickets_of(line, code, ["alice", "bob"])
    await line.leave(code, "alice")
    await comes_by()
    if again == "before the loss":
        await line.enter(code, "alice")
        await comes_by()
    lose_all()
    await apply_settings(line, offers.get_offer(engine, code))
    if again == "after the loss":
        await line.enter(code, "alice")
    await comes_by(times=2)
    told = await kinds_of_restored(line, code, came)
    await open_offer(line, engine, code)
    lobby = await line.lobby(code)
    await apply_settings(line, save_draw(engine, code, lobby or [], now()))
    later = await kinds_of_restored(line, code, came)

    there = ["alice", "bob"] if again != "never" else ["bob"]
    assert told == later == (["waiting"] * 2 if again != "never" else ["absent", "waiting"])
    assert lobby == sorted(there, key=lambda one: draw_number(offer.room.seed, one))


async def test_who_leaves_a_lost_line_does_not_come_back_by_their_ticket(
    client, line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    ticket = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()["ticket"]
    headers = by("alice") | {"Waitroom-Ticket": ticket}
    await comes_by()
    lose_all()
    await comes_by(times=2)

    left = await client.delete(f"/api/rooms/{code}/place", headers=headers)
    back = await client.get(f"/api/rooms/{code}/place", headers=headers)

    assert left.status_code == 204
    assert back.status_code == 404
    assert await kinds(line, code, ["alice"]) == ["absent"]


async def test_who_came_back_too_late_is_not_at_their_old_place_after_a_loss(
    line, engine, code, comes_by, lose_all, redis_url, years_pass
):
    """Alice still stands before them, so that no watermark says that their turn is over."""
    await in_line(line, engine, code, room=HASTE)
    first = await tickets_of(line, code, ["alice", "bob", "carol"])
    with Redis.from_url(redis_url) as redis:  # as admit.lua passes somebody over
        redis.zrem(Keys(code).waiting, "bob")
        away = f"{first['bob'].arrival_us} {int(now().timestamp() * 1_000_000)}"
        redis.hset(Keys(code).away, "bob", away)
    years_pass("bob", HASTE.return_s + 1)
    second = await line.place(code, "bob")
    await comes_by()

    lose_all()
    await comes_by(times=2)
    old = await kinds_of_restored(line, code, first)
    new = await kinds_of_restored(line, code, {"bob": second})

    assert second.text == "e"
    assert old == ["waiting", "absent", "waiting"]
    assert new == ["waiting"]
    assert (await admit(line, code)).members == ("alice", "carol", "bob")
