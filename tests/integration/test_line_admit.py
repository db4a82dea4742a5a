"""Admitting: in order, at the room's rate, and never more than there are seats and stock."""

import asyncio
import itertools

import pytest

from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
)
from waitroom.line import open_line

RATE_PER_S = 100
pytestmark = pytest.mark.usefixtures("redis_clock")


async def test_the_head_of_the_line_is_let_through_in_its_order(line, code):
    await in_force(line, code)
    members = crowd(5)
    await enter(line, code, members)

    first, second, third = [await admit(line, code, at_most=3) for _ in range(3)]

    assert (first.members, first.held_back_by) == (tuple(members[:3]), "destination")
    assert (second.members, second.held_back_by) == (tuple(members[3:]), "empty")
    assert (third.members, third.held_back_by) == ((), "empty")


async def test_who_is_let_through_is_filed_with_their_arrival(line, code):
    await in_force(line, code)
    arrivals = [s.arrival_us for s in await enter(line, code, ["bob", "alice"])]

    await admit(line, code)

    standings = await places(line, code, ["bob", "alice"])
    assert [(s.kind, s.arrival_us) for s in standings] == [("admitted", us) for us in arrivals]
    figures = await line.room_stats(code)
    assert (figures.waiting, figures.seats_in_use, figures.admitted) == (0, 2, 2)


async def test_who_is_let_through_and_enters_again_is_still_let_through(line, code):
    await in_force(line, code)
    before = await line.enter(code, "alice")
    await admit(line, code)

    again = await line.enter(code, "alice")

    assert (again.kind, again.arrival_us) == ("admitted", before.arrival_us)
    assert (await admit(line, code)).members == ()


async def test_no_more_are_let_through_than_the_destination_takes(line, code):
    await in_force(line, code)
    await enter(line, code, crowd(3))

    admissions = [await admit(line, code, at_most=count) for count in (0, -1, 2)]

    assert [len(a.members) for a in admissions] == [0, 0, 2]
    assert {a.held_back_by for a in admissions} == {"destination"}


async def test_the_rate_is_kept_on_redis_own_clock(line, code, redis_clock):
    await in_force(line, code, rate_per_s=RATE_PER_S, burst=RATE_PER_S)
    await enter(line, code, crowd(600))

    burst = await admit(line, code)
    count = 0
    for _ in range(64):
        redis_clock.advance(1 / 32)
        admission = await admit(line, code)
        assert admission.held_back_by == "rate"
        count += len(admission.members)

    assert (len(burst.members), burst.held_back_by) == (RATE_PER_S, "rate")
    assert count == RATE_PER_S * 2


async def test_after_a_pause_a_burst_is_let_through_and_no_more(line, code, redis_clock):
    await in_force(line, code, rate_per_s=1_000, burst=300)
    await enter(line, code, crowd(1_000))

    first = await admit(line, code)
    redis_clock.advance(0.6)
    second = await admit(line, code)

    assert (len(first.members), first.held_back_by) == (300, "rate")
    assert (len(second.members), second.held_back_by) == (300, "rate")


async def test_a_small_burst_still_keeps_the_rate_when_visits_are_rare(line, code, redis_clock):
    await in_force(line, code, rate_per_s=1_000, burst=1)
    await enter(line, code, crowd(1_000))

    first = await admit(line, code)
    redis_clock.advance(0.4)
    second = await admit(line, code)

    assert len(first.members) == 1
    assert len(second.members) == 250


async def test_a_rate_below_one_a_second_lets_one_through_now_and_then(line, code, redis_clock):
    await in_force(line, code, rate_per_s=2.5, burst=1)
    await enter(line, code, crowd(5))

    first, at_once = await admit(line, code), await admit(line, code)
    redis_clock.advance(0.5)
    later = await admit(line, code)

    assert [len(a.members) for a in (first, at_once, later)] == [1, 0, 1]


async def test_a_rate_that_is_turned_is_in_force_at_once(line, code, redis_clock):
    await in_force(line, code, rate_per_s=0.01, burst=1)
    await enter(line, code, crowd(400))
    await admit(line, code)

    await in_force(line, code, version=2, rate_per_s=1_000, burst=300)
    redis_clock.advance(0.4)

    assert len((await admit(line, code)).members) == 300


async def test_no_more_are_under_way_than_there_are_seats(line, code):
    await in_force(line, code, seats=3)
    members = crowd(6)
    await enter(line, code, members)

    first, full = await admit(line, code), await admit(line, code)
    await issue(line, code, 1, members[1:2])
    next_one = await admit(line, code)

    assert (first.members, first.held_back_by) == (tuple(members[:3]), "seats")
    assert (full.members, full.held_back_by) == ((), "seats")
    assert (next_one.members, next_one.held_back_by) == (tuple(members[3:4]), "seats")
    assert (await line.room_stats(code)).seats_in_use == 3


async def test_seats_that_are_taken_away_let_nobody_through_and_give_no_rate_back(line, code):
    await in_force(line, code, rate_per_s=0.01, burst=5, seats=3)
    await enter(line, code, crowd(9))
    await admit(line, code)

    await in_force(line, code, version=2, rate_per_s=0.01, burst=5, seats=1)
    none_free = await admit(line, code)
    await in_force(line, code, version=3, rate_per_s=0.01, burst=5)
    free_again = await admit(line, code)

    assert (none_free.members, none_free.held_back_by) == ((), "seats")
    assert (len(free_again.members), free_again.held_back_by) == (2, "rate")


async def test_no_more_are_let_through_than_remain_less_those_under_way(line, code):
    await in_force(line, code, total=5, used_count=2)
    members = crowd(10)
    await enter(line, code, members)

    first, second = await admit(line, code), await admit(line, code)
    await issue(line, code, 4, members[:2])
    third = await admit(line, code)

    assert (first.members, first.held_back_by) == (tuple(members[:3]), "stock")
    assert (second.members, second.held_back_by) == ((), "stock")
    assert (third.members, third.held_back_by) == ((), "stock")


async def test_reports_out_of_order_and_twice_let_nobody_through_in_vain(line, code):
    await in_force(line, code, total=6)
    members = crowd(10)
    await enter(line, code, members)
    await admit(line, code, at_most=4)

    await issue(line, code, 4, members[2:4])
    while_the_earlier_report_is_missing = await admit(line, code)
    for _ in range(2):
        await issue(line, code, 2, members[:2])
    await issue(line, code, 4, members[2:4])
    after = await admit(line, code)

    assert while_the_earlier_report_is_missing.members == ()
    assert after.members == tuple(members[4:6])
    assert (await line.room_stats(code)).used_count == 4


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("paused", {"state": "paused"}),
        ("closed", {"state": "closed"}),
        ("closed", {"closes_at": now()}),
        ("not_open_yet", {"opens_at": now() + HOUR}),
        ("sold_out", {"total": 0}),
    ],
)
async def test_nobody_is_let_through_a_shut_room_and_all_are_once_it_opens(
    line, code, why, changes
):
    await in_force(line, code)
    members = crowd(3)
    await enter(line, code, members)

    await in_force(line, code, version=2, **changes)
    shut = await admit(line, code)
    await in_force(line, code, version=3)
    opened = await admit(line, code)

    assert (shut.members, shut.held_back_by) == ((), why)
    assert opened.members == tuple(members)


async def test_an_unknown_room_lets_nobody_through(line, code):
    admission = await admit(line, code)

    assert (admission.members, admission.held_back_by) == ((), "no_such_room")


async def test_two_admitters_at_once_never_let_anybody_through_twice(line, redis_url, code):
    await in_force(line, code)
    members = crowd(1_000)
    await enter(line, code, members)
    other = open_line(redis_url)

    admissions = await asyncio.gather(
        *(admit(process, code, at_most=17) for process in [line, other] * 40)
    )
    await other.aclose()

    admitted = [a.members for a in admissions if a.members]
    everybody = list(itertools.chain.from_iterable(sorted(admitted, key=lambda a: -int(a[0][7:]))))
    assert everybody == members
    assert await kinds(line, code, members) == ["admitted"] * 1_000
