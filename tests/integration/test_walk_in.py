"""Walk-in: while nobody waits, visitors of a site are called as they enter."""

import pytest
from redis import Redis

from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import admit, enter, kinds
from tests.integration.visit_cast import (
    claim_all,
    move_visits,
    site_in_force,
)
from waitroom.redis_io.keys import Keys


async def called_at_entry(line, code, members):
    return [one.kind for one in await enter(line, code, members)]


async def test_visitors_walk_in_while_seats_are_free_and_the_next_one_waits(line, code):
    await site_in_force(line, code, passthrough="auto", seats=3)

    first = await called_at_entry(line, code, ["alice", "bob"])
    await claim_all(line, code, ["alice"])
    rest = await called_at_entry(line, code, ["charlie", "dave", "erin"])
    none_is_free = await admit(line, code)
    figures = await line.room_stats(code)

    assert first == ["called", "called"]
    assert rest == ["called", "waiting", "waiting"]
    assert none_is_free.members == ()
    assert await kinds(line, code, ["alice", "bob", "dave"]) == ["inside", "called", "waiting"]
    assert (figures.admitted, figures.visits.called, figures.visits.inside) == (3, 2, 1)


async def test_with_a_crowd_waiting_nobody_walks_in_past_it(line, code):
    await site_in_force(line, code, passthrough="auto", seats=2)
    await enter(line, code, ["alice", "bob", "charlie", "dave"])
    for visit in await claim_all(line, code, ["alice", "bob"]):
        await line.visits.finish(code, visit.visit_id)

    newcomer = await called_at_entry(line, code, ["erin"])
    called = await admit(line, code)

    assert newcomer == ["waiting"]
    assert called.members == ("charlie", "dave")


async def test_two_clicks_in_one_call_take_one_seat(line, code):
    await site_in_force(line, code, passthrough="auto", seats=2)

    told = await enter(line, code, ["alice", "alice", "bob"])

    assert [one.kind for one in told] == ["called"] * 3
    assert told[0].due_us == told[1].due_us == (await line.place(code, "alice")).due_us
    assert (await line.room_stats(code)).admitted == 2


async def test_walk_ins_take_tokens_of_the_rooms_rate(line, code):
    await site_in_force(line, code, passthrough="auto", rate_per_s=0.001, burst=2)

    told = await called_at_entry(line, code, ["alice", "bob", "charlie"])

    assert told == ["called", "called", "waiting"]
    assert (await admit(line, code)).held_back_by == "rate"


async def test_a_visit_whose_time_is_up_leaves_its_seat_without_an_admitter(line, code, redis_url):
    await site_in_force(line, code, passthrough="auto", seats=1, session_s=60)
    await enter(line, code, ["alice"])
    await claim_all(line, code, ["alice"])

    move_visits(redis_url, code, 61)

    assert await called_at_entry(line, code, ["bob"]) == ["called"]


async def test_open_to_all_holds_no_cap(line, code):
    await site_in_force(line, code, passthrough="off", seats=1)
    waiting = await called_at_entry(line, code, ["alice", "bob"])

    await site_in_force(line, code, passthrough="on", seats=1, version=2)
    newcomer = await called_at_entry(line, code, ["charlie"])
    called = await admit(line, code)

    assert waiting == ["waiting", "waiting"]
    assert newcomer == ["called"]
    assert called.members == ("alice", "bob")


@pytest.mark.parametrize("why", ["off", "paused", "lobby"])
async def test_nobody_walks_into_a_room_that_calls_nobody(line, code, why):
    changes = {
        "off": {"passthrough": "off"},
        "paused": {"state": "paused"},
        "lobby": {"opens_at": now() + HOUR / 2, "lobby_s": 3_600},
    }[why]
    await site_in_force(line, code, **{"passthrough": "auto", **changes})

    assert await called_at_entry(line, code, ["alice"]) == ["waiting"]


async def test_nobody_walks_into_a_room_of_a_coupon(line, code):
    await in_force(line, code)

    assert await called_at_entry(line, code, ["alice"]) == ["waiting"]


async def test_nobody_walks_in_where_the_living_visits_are_lost(line, code, redis_url):
    await site_in_force(line, code, passthrough="auto", seats=1)
    await admit(line, code)
    await enter(line, code, ["alice"])
    await claim_all(line, code, ["alice"])

    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(code).inside)
    newcomer = await called_at_entry(line, code, ["bob"])
    found_again = await admit(line, code)

    assert newcomer == ["waiting"]
    assert (found_again.members, found_again.held_back_by) == ((), "seats")
