"""Missed: a called member who does not come holds nobody up, and may return."""

import pytest

from tests.integration.line_cast import admit, crowd, enter, kinds, places
from tests.integration.visit_cast import (
    claim_all,
    move_visits,
    site_in_force,
)
from waitroom.errors import NotYourTurn

CLAIM_S = 60


async def test_half_of_the_front_does_not_come_and_nobody_is_held_up(line, code, redis_url):
    await site_in_force(line, code, seats=100, claim_s=CLAIM_S, return_s=60)
    everybody = crowd(400)
    await enter(line, code, everybody)

    first = (await admit(line, code)).members
    present, missing = first[::2], first[1::2]
    await claim_all(line, code, present)
    full = (await admit(line, code)).members
    move_visits(redis_url, code, CLAIM_S + 1)
    second = (await admit(line, code)).members
    told = await kinds(line, code, missing)
    figures = await line.room_stats(code)
    back = await enter(line, code, reversed(missing))
    for visit in await line.visits.list_visits(code):
        await line.visits.finish(code, visit.visit_id)
    third = (await admit(line, code)).members

    assert first == tuple(everybody[:100])
    assert full == ()
    assert second == tuple(everybody[100:150])
    assert set(told) == {"missed"}
    assert (figures.visits.missed, figures.away) == (50, 50)
    assert {(one.kind, one.text) for one in back} == {("waiting", "h")}
    # In their old order, in front of all who came later.
    assert third == missing


async def test_a_page_that_is_open_and_not_looked_at_takes_no_seat_again_and_again(
    line, code, redis_url
):
    await site_in_force(line, code, seats=1, claim_s=CLAIM_S)
    await enter(line, code, ["alice", "bob"])
    await admit(line, code)

    move_visits(redis_url, code, CLAIM_S + 1)
    [polled] = await places(line, code, ["alice"])
    called = (await admit(line, code)).members
    asked_again = await kinds(line, code, ["alice", "alice"])
    [entered] = await enter(line, code, ["alice"])

    assert polled.kind == "called"  # until the next one is called
    assert called == ("bob",)
    assert asked_again == ["missed", "missed"]
    assert (entered.kind, entered.ahead) == ("waiting", 0)


async def test_who_returns_too_late_stands_at_the_end(line, code, redis_url, years_pass):
    await site_in_force(line, code, seats=1, claim_s=CLAIM_S, return_s=30)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code)
    move_visits(redis_url, code, CLAIM_S + 1)
    await admit(line, code)

    years_pass("alice", 31)
    [entered] = await enter(line, code, ["alice"])

    assert (entered.kind, entered.ahead, entered.text) == ("waiting", 1, "e")


async def test_who_comes_late_keeps_the_turn_until_the_next_one_is_called(line, code, redis_url):
    await site_in_force(line, code, seats=1, claim_s=CLAIM_S)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code)
    move_visits(redis_url, code, CLAIM_S + 1)

    visit = await line.visits.claim(code, "alice")
    await line.visits.finish(code, visit.visit_id)
    await admit(line, code)
    move_visits(redis_url, code, CLAIM_S + 1)
    await admit(line, code)

    assert await kinds(line, code, ["alice", "bob", "charlie"]) == ["finished", "missed", "called"]
    with pytest.raises(NotYourTurn):
        await line.visits.claim(code, "bob")


async def test_who_missed_the_turn_may_leave(line, code, redis_url):
    await site_in_force(line, code, seats=1, claim_s=CLAIM_S)
    await enter(line, code, ["alice"])
    await admit(line, code)
    move_visits(redis_url, code, CLAIM_S + 1)
    await admit(line, code)

    assert await line.leave(code, "alice")
    assert await kinds(line, code, ["alice"]) == ["absent"]
