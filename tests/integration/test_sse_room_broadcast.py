"""Everybody who follows a room is served by one reading a beat; no reader holds up another."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.cast import HOUR, a_room, now
from tests.integration.sse_cast import Follower
from tests.integration.web_cast import app_with, until
from tests.tcp_proxy import proxied
from waitroom import poll_interval
from waitroom.line import open_line
from web.sse import read_interval
from web.sse.room_broadcast import RoomBroadcast

# How often who is far back is looked up: longer than a busy machine takes for anything.
SELDOM_S = 600.0
CROWD = [f"member-{number}" for number in range(120)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A beat of a second is for people."""
    monkeypatch.setattr(read_interval, "READ_INTERVAL_S", 0.05)
    monkeypatch.setattr(poll_interval, "INTERVAL_MIN_S", 0.05)
    monkeypatch.setattr(poll_interval, "UNKNOWN_PACE_MAX_S", 0.05)


@pytest.fixture
def seldom(monkeypatch):
    """Who is far back is looked up now and then, as it is while the pace is not known."""
    monkeypatch.setattr(poll_interval, "UNKNOWN_PACE_MAX_S", SELDOM_S)


@pytest.fixture
async def crowd(line, code):
    """A room in which all of them wait, in their order."""
    await line.apply_settings(a_room(code))
    for member in CROWD:
        await line.enter(code, member)


@pytest.fixture
def readings(line, monkeypatch) -> list[list[str]]:
    """The members asked about in each call that Redis gets for places."""
    calls: list[list[str]] = []
    ask = line._place

    async def counted(keys: Any, members: Any) -> Any:
        calls.append(list(members))
        return await ask(keys, members)

    monkeypatch.setattr(line, "_place", counted)
    return calls


async def follow(app, code, *members: str) -> list[Follower]:
    followers = [Follower(app, code, member) for member in members]
    await until(lambda: all(follower.places for follower in followers))
    return followers


async def test_the_place_falls_when_the_one_ahead_is_let_through(app, line, code, crowd):
    [second] = await follow(app, code, CROWD[1])

    await line.admit(code, at_most=1, lease_s=15)
    await until(lambda: len(second.places) == 2)

    assert [place["place"] for place in second.places] == [2, 1]


async def test_one_reading_a_beat_serves_all_who_follow(app, line, code, crowd, readings):
    followers = await follow(app, code, *CROWD[:30])
    readings.clear()

    began = time.monotonic()
    await line.leave(code, CROWD[0])
    await until(lambda: all(one.places[-1]["place"] < 31 for one in followers[1:]))
    await until(lambda: len(readings) >= 5)
    beats = (time.monotonic() - began) / read_interval.READ_INTERVAL_S

    assert len(readings) <= beats + 2
    assert {len(members) for members in readings[1:]} == {29}  # one has left


async def test_who_is_far_back_is_looked_up_less_often(seldom, app, code, crowd, readings):
    await follow(app, code, CROWD[0], CROWD[-1])
    readings.clear()

    def lookups(one: str) -> int:
        return sum(members.count(one) for members in readings)

    await until(lambda: lookups(CROWD[0]) > 5)

    assert lookups(CROWD[-1]) <= 1


async def test_a_turn_of_the_room_reaches_everybody_at_once(seldom, app, line, code, crowd):
    """Though the last ones are looked up once a minute only."""
    followers = await follow(app, code, CROWD[0], *CROWD[-3:])
    room = a_room(code)
    paused = replace(room, version=2, settings=replace(room.settings, state="paused"))
    sold_out = replace(room, version=4, used_count=1_000)

    for changed in (paused, replace(room, version=3), sold_out):
        told = [len(follower.places) for follower in followers]
        await asyncio.sleep(0.06)
        await line.apply_settings(changed)
        await until(
            lambda told=told: all(
                len(one.places) > before for one, before in zip(followers, told, strict=True)
            )
        )

    assert {follower.states[-1] for follower in followers} == {"refused"}
    for follower in followers:
        await follower.ends()


async def test_the_hour_of_opening_and_of_closing_are_turns_too(seldom, app, line, code, crowd):
    followers = await follow(app, code, CROWD[0], CROWD[-1])
    put_off = replace(a_room(code), version=2, opens_at=now() + HOUR, closes_at=now() + 2 * HOUR)

    await line.apply_settings(put_off)
    await asyncio.sleep(0.3)
    await line.apply_settings(replace(put_off, version=3, opens_at=now() - HOUR, closes_at=now()))
    for follower in followers:
        await follower.ends()

    assert {follower.places[-1]["refusal"]["type"] for follower in followers} == {"closed"}


async def test_who_reads_slowly_holds_up_nobody_and_is_told_the_latest(app, line, code, crowd):
    slow, quick = await follow(app, code, CROWD[40], CROWD[41])
    slow.reads.clear()
    told = len(slow.taken)

    for number in range(8):
        await line.leave(code, CROWD[number])
        await until(lambda number=number: quick.places[-1]["ahead"] == 40 - number)
    slow.reads.set()
    await until(lambda: slow.places[-1]["ahead"] == 32)

    assert len(slow.taken) - told <= 2  # the one under way, and the latest instead of all others


async def test_who_takes_nothing_for_long_is_given_up(app, line, code, crowd, monkeypatch):
    monkeypatch.setattr("web.sse.stream.STUCK_S", 0.2)
    [stuck] = await follow(app, code, CROWD[2])
    stuck.reads.clear()
    await line.leave(code, CROWD[0])

    audience = app.state.streams._audiences[code]
    before = len(audience)
    await until(lambda: len(audience) == 0)

    stuck.goes_away()
    await stuck.ends()
    assert (before, app.state.streams.open) == (1, 0)


async def test_streams_stay_open_while_redis_is_away_and_go_on_by_themselves(
    parts, line, redis_url, code, crowd
):
    with proxied(redis_url) as (redis, url):
        through = open_line(url, timeout_s=0.3)
        app = app_with(parts, line=through)
        [follower] = await follow(app, code, CROWD[5])

        redis.cut()
        await line.leave(code, CROWD[0])
        await until(lambda: app.state.streams._audiences[code]._is_away)
        told, is_open = len(follower.places), not follower.task.done()
        redis.mend()
        await until(lambda: len(follower.places) > told)
        follower.goes_away()
        await follower.ends()
        await through.aclose()

    assert is_open
    assert [place["ahead"] for place in follower.places] == [5, 4]


async def test_who_can_not_be_told_is_let_go_and_nobody_else(app, line, code, crowd, monkeypatch):
    bad, good = await follow(app, code, CROWD[10], CROWD[11])
    ask = line.statuses

    async def garbled(room, members):
        found = await ask(room, members)
        return [
            one._replace(kind="issued", text="not JSON") if member == CROWD[10] else one
            for member, one in zip(members, found, strict=True)
        ]

    monkeypatch.setattr(line, "statuses", garbled)
    await line.leave(code, CROWD[0])
    await until(lambda: good.places[-1]["ahead"] == 10)

    await bad.ends()
    assert not good.task.done()


async def test_a_process_that_stops_ends_its_streams_and_sends_whoever_comes_elsewhere(
    app, code, crowd
):
    followers = await follow(app, code, *CROWD[:3])

    app.state.streams.close()
    for follower in followers:
        await follower.ends()
    late = Follower(app, code, CROWD[4])
    await late.ends()

    assert (late.status, late.states) == (200, ["waiting"])
    assert late.text.startswith("retry: ")
    assert app.state.streams.open == 0


async def test_an_error_that_nobody_foresaw_ends_no_audience(app, line, code, crowd, monkeypatch):
    failures = []

    def fails_twice(_audience: RoomBroadcast) -> None:
        if len(failures) < 2:
            failures.append(1)
            raise ZeroDivisionError

    monkeypatch.setattr(RoomBroadcast, "_keep", fails_twice)
    [second] = await follow(app, code, CROWD[1])
    await until(lambda: len(failures) == 2)

    await line.leave(code, CROWD[0])

    await until(lambda: second.places[-1]["place"] == 1)
    assert line.loop_errors._unpublished["live"] == 2
