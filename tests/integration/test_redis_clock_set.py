"""Redis' clock is set back or forward by ten seconds while a room is open.

A test can't set it, so it moves the times that the line has stored instead.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from application.autopilot_loop import AutopilotLoop
from application.destinations.coupon.destination import CouponDestination
from domain.room import DrawSummary
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from tests.integration.cast import HOUR, a_room, in_force, now
from tests.integration.line_cast import admit, crowd, enter, kinds
from tests.integration.opening_cast import LATER, open_room
from waitroom.redis_io.keys import Keys

SECOND = timedelta(seconds=1)
SEED = bytes(range(32))
BY_S = 10
STEP_S = 0.45


@pytest.fixture
def set_back(redis_url, code):
    """Set Redis' clock back by so many seconds, as the room sees it."""

    def move(by_s: int = BY_S) -> None:
        with Redis.from_url(redis_url) as redis:
            for key in (Keys(code).room, Keys(code).bucket, Keys(code).rate_controller):
                for name, value in redis.hgetall(key).items():
                    if is_time(value):
                        redis.hincrby(key, name.decode(), by_s * 1_000_000)
            state = redis.hget(Keys(code).rate_controller, "state")
            if state:
                later = json.loads(state)
                later["at_s"] += by_s
                redis.hset(Keys(code).rate_controller, "state", json.dumps(later))

    return move


def is_time(value: bytes) -> bool:
    """Whether it may be a time in microseconds since 1970."""
    return value.isdigit() and len(value) == 16


def with_changes(room, **changes):
    return replace(room, version=room.version + 1, **changes)


async def test_an_open_room_stays_open(line, code, set_back):
    await in_force(line, code, opens_at=now() - SECOND, lobby_s=0)
    await enter(line, code, ["zoe"])
    first = await admit(line, code)

    set_back()
    [bob, alice] = await enter(line, code, ["bob", "alice"])
    stats = await line.room_stats(code)

    assert first.members == ("zoe",)
    assert [bob.kind, alice.kind, alice.ahead] == ["waiting", "waiting", 1]
    assert not alice.facts.is_lobby
    assert stats.phase.word == "open"
    assert (await admit(line, code)).members == ("bob", "alice")


async def test_a_drawn_room_gives_no_more_numbers(line, code, set_back):
    room = replace(a_room(code, opens_at=now() + LATER, opening="draw"), seed=SEED)
    await line.apply_settings(room)
    early = crowd(20)
    await enter(line, code, early)
    room = await open_room(line, room)
    await admit(line, code, at_most=0)

    set_back()
    [late] = await enter(line, code, ["late"])
    lobby = await line.lobby(code)
    drawn = DrawSummary(room.opens_at, 20, "")
    opened_at = room.opens_at + BY_S * SECOND
    await line.apply_settings(with_changes(room, opens_at=opened_at, drawn=drawn))
    order = (await admit(line, code)).members

    assert late.ahead == 20
    assert sorted(lobby) == sorted(early)
    assert order == (*lobby, "late")


async def test_a_room_that_has_ended_stays_closed(line, code, set_back):
    room = await in_force(line, code)
    await enter(line, code, ["alice"])
    await line.apply_settings(with_changes(room, closes_at=now()))
    assert (await admit(line, code)).held_back_by == "closed"

    set_back()
    entered = await enter(line, code, ["bob"])

    assert [one.kind for one in entered] == ["closed"]
    assert (await kinds(line, code, ["alice"])) == ["closed"]
    assert (await admit(line, code)).members == ()


async def test_an_admin_can_put_off_the_opening_and_the_end_of_a_room(line, code):
    room = await in_force(line, code, opens_at=now() - SECOND, lobby_s=0)
    await admit(line, code)
    later = with_changes(room, opens_at=now() + HOUR / 2)
    past = with_changes(later, opens_at=now() - HOUR, closes_at=now() - SECOND)

    await line.apply_settings(later)
    put_off = await admit(line, code)
    [bob] = await enter(line, code, ["bob"])
    await line.apply_settings(past)
    ended = await admit(line, code)
    await line.apply_settings(with_changes(past, closes_at=now() + HOUR))
    [charlie] = await enter(line, code, ["charlie"])

    assert (put_off.held_back_by, bob.kind) == ("not_open_yet", "not_open_yet")
    assert (ended.held_back_by, charlie.kind) == ("closed", "waiting")


@pytest.fixture
def desk(conveyor, queue) -> JobQueue:
    return JobQueue(conveyor, queue=queue.name, limits=JobQueueLimits(batch_max=10))


@pytest.fixture
def autopilot(own, desk) -> AutopilotLoop:
    destination = CouponDestination(own, desk, lease_s=15)
    destination.is_open = True
    return AutopilotLoop(own, destination)


async def steps_of(line, code, autopilot) -> int:
    """How many steps one run takes, as soon as the next is due."""
    await asyncio.sleep(STEP_S)
    before = await line.autopilot.read_room(code)
    await autopilot.run_once()
    return (await line.autopilot.read_room(code)).step - before.step


@pytest.mark.parametrize("by_s", [-BY_S, BY_S])
async def test_the_autopilot_goes_on_deciding(own, code, autopilot, set_back, by_s):
    await in_force(own, code, rate_mode="autopilot")
    first = await steps_of(own, code, autopilot)

    set_back(by_s)
    then = [await steps_of(own, code, autopilot) for _ in range(2)]

    assert (first, then) == (1, [1, 1])


async def test_a_job_looks_no_older_when_the_queues_clock_is_set_forward(
    own, code, autopilot, desk, conveyor
):
    await in_force(own, code, rate_mode="autopilot")
    [job_id] = desk.enqueue(code, ["alice"])
    await steps_of(own, code, autopilot)

    enqueued_at = now() - 10 * BY_S * SECOND
    conveyor.hset(f"rq:job:{job_id}", "enqueued_at", f"{enqueued_at:%Y-%m-%dT%H:%M:%S.%fZ}")
    stored_s = desk.backlog().oldest_s
    await steps_of(own, code, autopilot)
    before, after = await own.autopilot.decisions(code, at_most=2)

    assert stored_s >= 10 * BY_S
    assert after.queue_age_s - before.queue_age_s < 5 * BY_S
