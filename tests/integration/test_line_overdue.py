"""Who was let through and has no outcome in time is named again, to one rescuer at a time."""

import asyncio
import itertools

import pytest

from tests.integration.cast import in_force
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
)
from waitroom.line import open_line

pytestmark = pytest.mark.usefixtures("redis_clock")


async def test_the_overdue_are_named_only_after_their_lease_the_longest_overdue_first(
    line, code, redis_clock
):
    await in_force(line, code)
    await enter(line, code, ["bob", "alice", "charlie"])
    await admit(line, code, at_most=1, lease_s=0.6)
    await admit(line, code, at_most=1, lease_s=0.5)
    await admit(line, code, lease_s=60)

    before = await line.overdue(code, at_most=1, lease_s=60)
    redis_clock.advance(0.65)
    after = [await line.overdue(code, at_most=1, lease_s=60) for _ in range(3)]

    assert [list(named) for named in (before, *after)] == [[], ["alice"], ["bob"], []]


async def test_a_part_of_those_who_are_overdue_since_one_moment_are_the_first_who_came(
    line, code, redis_clock
):
    await in_force(line, code)
    members = crowd(20)
    await enter(line, code, members)
    await admit(line, code, lease_s=0.01)
    redis_clock.advance(0.02)

    named = [await line.overdue(code, at_most=5, lease_s=60) for _ in range(4)]

    assert [list(one) for one in named] == [members[n : n + 5] for n in range(0, 20, 5)]


async def test_members_who_are_overdue_once_more_are_named_before_all_who_came_later(
    line, code, redis_clock
):
    await in_force(line, code)
    members = crowd(20)
    await enter(line, code, members)
    await admit(line, code, at_most=10, lease_s=0.01)
    redis_clock.advance(0.02)
    first = await line.overdue(code, at_most=20, lease_s=0.2)
    await admit(line, code, lease_s=0.01)
    redis_clock.advance(0.25)

    once_more = await line.overdue(code, at_most=20, lease_s=0.01)
    redis_clock.advance(0.02)
    in_parts = [await line.overdue(code, at_most=10, lease_s=60) for _ in range(2)]

    assert list(first) == members[:10]
    assert list(once_more) == members
    assert [list(one) for one in in_parts] == [members[:10], members[10:]]


async def test_only_one_of_two_rescuers_gets_each_of_the_overdue(
    line, redis_url, code, redis_clock
):
    await in_force(line, code)
    members = crowd(300)
    await enter(line, code, members)
    await admit(line, code, lease_s=0.01)
    redis_clock.advance(0.02)
    other = open_line(redis_url)

    rescued = await asyncio.gather(
        *(process.overdue(code, at_most=25, lease_s=60) for process in [line, other] * 10)
    )
    await other.aclose()

    assert sorted(itertools.chain.from_iterable(rescued)) == sorted(members)


async def test_who_has_an_outcome_is_never_overdue(line, code, redis_clock):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])
    await admit(line, code, lease_s=0.01)
    await issue(line, code, 1, ["alice"])
    redis_clock.advance(0.02)

    assert list(await line.overdue(code, at_most=10, lease_s=60)) == ["bob"]


async def test_an_overdue_member_whose_room_has_closed_is_still_named(line, code, redis_clock):
    await in_force(line, code)
    await line.enter(code, "alice")
    await admit(line, code, lease_s=0.01)
    await in_force(line, code, version=2, state="closed")
    redis_clock.advance(0.02)

    assert list(await line.overdue(code, at_most=10, lease_s=60)) == ["alice"]
