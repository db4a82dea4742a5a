"""Kept: who goes away holds nobody up, and who comes back in time is at the head again."""

import asyncio

import pytest
from redis import Redis

from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import (
    HOUR_S,
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
)
from tests.integration.web_cast import by
from waitroom.redis_io.keys import Keys

GRACE_S = 2


async def test_those_behind_are_not_delayed_by_who_went_away_and_who_returns_is_next(
    line, code, gone_silent
):
    """30 % of a line of 5,000 go away silently."""
    await in_force(line, code, total=10_000, return_s=60)
    everybody = crowd(5_000)
    await enter(line, code, everybody)
    gone = [member for n, member in enumerate(everybody) if n % 10 < 3]
    here = [member for member in everybody if member not in set(gone)]
    gone_silent(*everybody)
    await places(line, code, here)

    first = (await admit(line, code, 1_000)).members
    second = (await admit(line, code, 1_000)).members
    returning = [gone[20], gone[5], gone[11]]
    told = await places(line, code, returning)
    third = (await admit(line, code, 1_000)).members
    figures = await line.room_stats(code)

    assert first + second == tuple(here[:2_000])
    assert [(one.ahead, one.text) for one in told] == [(0, "h"), (0, "h"), (1, "h")]
    assert third == (gone[5], gone[11], gone[20], *here[2_000:2_997])
    assert figures.admitted == 3_000
    assert figures.away == len([one for one in gone if everybody.index(one) < 4_286]) - 3


async def test_who_comes_back_too_late_stands_at_the_end(
    client, line, code, gone_silent, years_pass
):
    await in_force(line, code, return_s=60)
    await enter(line, code, ["alice", "bob", "charlie"])
    gone_silent("alice")
    await admit(line, code, 1)
    years_pass("alice", 61)

    answer = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()
    again = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()

    assert (answer["place"], answer["returned"]) == (2, "end")
    assert (again["place"], again["returned"]) == (2, "end")
    assert (await admit(line, code)).members == ("charlie", "alice")


async def test_entering_again_brings_one_back_too(client, line, code, gone_silent):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    gone_silent("alice")
    await admit(line, code, 1)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    again = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    assert (answer.json()["place"], answer.json()["returned"]) == (1, "head")
    assert (again.json()["place"], again.json()["returned"]) == (1, "head")


async def test_who_comes_back_too_late_and_who_is_new_stand_as_they_came_in_one_call(
    line, code, gone_silent, years_pass
):
    await in_force(line, code, return_s=60)
    await enter(line, code, ["walter", "bob", "anna"])
    gone_silent("walter", "anna")
    await admit(line, code, 1)
    for member in ("walter", "anna"):
        years_pass(member, 61)

    told = await enter(line, code, ["xaver", "walter", "vera", "anna", "adam"])

    arrivals = [one.arrival_us for one in told]
    assert arrivals == sorted(set(arrivals))
    assert [one.ahead for one in told] == [0, 1, 2, 3, 4]
    assert (await admit(line, code)).members == ("xaver", "walter", "vera", "anna", "adam")


@pytest.mark.parametrize("move", ["enter", "place", "restore"])
async def test_two_tabs_in_one_call_bring_one_back_once(line, code, gone_silent, move):
    await in_force(line, code)
    came = await enter(line, code, ["alice", "bob", "charlie"])
    gone_silent("alice")
    await admit(line, code, 1)
    more = [came[0].arrival_us] if move == "restore" else []

    told = await asyncio.gather(*(getattr(line, move)(code, "alice", *more) for _ in range(3)))

    assert [(one.kind, one.ahead, one.text) for one in told] == [("waiting", 0, "h")] * 3
    assert {one.arrival_us for one in told} == {came[0].arrival_us - HOUR_S * 1_000_000}
    figures = await line.room_stats(code)
    assert (figures.entered, figures.waiting, figures.away) == (3, 2, 0)
    assert (await admit(line, code)).members == ("alice", "charlie")


async def test_nobody_is_passed_over_because_we_could_not_be_reached(redis_clock, line, code):
    """Nobody was heard at all: that says nothing about any of them."""
    await in_force(line, code, grace_s=GRACE_S)
    await enter(line, code, ["alice", "bob", "charlie"])

    redis_clock.advance(GRACE_S + 0.3)
    await places(line, code, ["charlie"])

    assert (await admit(line, code)).members == ("alice", "bob", "charlie")


async def test_a_crowd_that_asks_writes_next_to_nothing(line, code, redis_url):
    await in_force(line, code)
    members = crowd(100)
    await enter(line, code, members)

    for _ in range(3):
        await places(line, code, members)

    with Redis.from_url(redis_url) as redis:
        assert set(redis.hkeys(Keys(code).last_seen)) <= {b""}  # lost_keys.lua


async def test_who_is_away_is_told_when_it_is_over_and_can_leave(line, code, gone_silent):
    await in_force(line, code, total=3)
    await enter(line, code, ["alice", "bob", "charlie"])
    gone_silent("alice", "bob")
    admitted = (await admit(line, code, 1)).members

    left = await line.leave(code, "alice")
    await issue(line, code, 3, admitted)

    assert admitted == ("charlie",)
    assert left
    assert await kinds(line, code, ["alice", "bob", "charlie"]) == ["absent", "sold_out", "issued"]
    assert (await line.room_stats(code)).refused_in_all == 1


async def test_asking_as_told_is_often_enough_to_keep_a_place(client, line, code):
    await in_force(line, code, total=10, grace_s=6, opens_at=now() - HOUR)
    await enter(line, code, crowd(2_000))

    told = await client.get(f"/api/rooms/{code}/place", headers=by(crowd(2_000)[-1]))

    assert told.json()["ask_again_s"] <= 2


async def test_a_retired_room_forgets_who_was_away(line, code, redis_url, gone_silent):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])
    gone_silent("alice")
    await admit(line, code, 1)

    await line.retire(code, keep_s=100)

    with Redis.from_url(redis_url) as redis:
        assert redis.ttl(Keys(code).away) > 0
