"""Entering, asking and leaving: everybody has one place, and nobody overtakes."""

import asyncio
import gc

import pytest

from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
    refuse,
)
from waitroom.errors import NoSuchRoom
from waitroom.line import open_line
from waitroom.redis_io.keys import Keys


@pytest.fixture
async def other_line(redis_url):
    """What another process has."""
    opened = open_line(redis_url)
    yield opened
    await opened.aclose()


async def test_who_comes_first_is_first(line, code):
    await in_force(line, code)

    first, second = await line.enter(code, "bob"), await line.enter(code, "alice")

    assert [(s.kind, s.ahead) for s in (first, second)] == [("waiting", 0), ("waiting", 1)]
    assert first.arrival_us < second.arrival_us
    assert abs(first.arrival_us - now().timestamp() * 1_000_000) < HOUR.total_seconds() * 1_000_000


async def test_a_crowd_in_one_microsecond_has_arrivals_that_all_differ_in_its_order(line, code):
    await in_force(line, code)
    members = crowd(400)

    standings = await enter(line, code, members)

    arrivals = [standing.arrival_us for standing in standings]
    assert arrivals == sorted(set(arrivals))
    assert [standing.ahead for standing in standings] == list(range(400))


async def test_a_clock_that_is_set_back_lets_nobody_overtake(line, code, raw_redis):
    await in_force(line, code)
    first = await line.enter(code, "bob")
    tomorrow_us = first.arrival_us + 24 * 3_600_000_000
    await raw_redis.hset(Keys(code).room, "last_arrival", tomorrow_us)

    second, third = await line.enter(code, "alice"), await line.enter(code, "al")

    assert [second.arrival_us, third.arrival_us] == [tomorrow_us + 1, tomorrow_us + 2]


async def test_entering_twice_keeps_the_first_place(line, code):
    await in_force(line, code)
    first = await line.enter(code, "alice")
    await line.enter(code, "bob")

    again = await line.enter(code, "alice")

    assert (again.kind, again.arrival_us, again.ahead) == ("waiting", first.arrival_us, 0)
    assert (await line.room_stats(code)).entered == 2


async def test_entering_five_times_at_once_from_two_processes_gives_one_place(
    line, other_line, code
):
    await in_force(line, code)

    tabs = await asyncio.gather(
        *(process.enter(code, "alice") for process in (line, other_line, line, other_line, line))
    )

    assert {standing.kind for standing in tabs} == {"waiting"}
    assert len({standing.arrival_us for standing in tabs}) == 1
    assert (await line.room_stats(code)).waiting == 1


async def test_many_at_once_from_two_processes_stand_in_the_order_of_their_arrivals(
    line, other_line, code
):
    await in_force(line, code)
    members = crowd(2_000)

    standings = await asyncio.gather(
        *((other_line if n % 3 else line).enter(code, one) for n, one in enumerate(members))
    )

    arrived = {one: standing.arrival_us for one, standing in zip(members, standings, strict=True)}
    assert len(set(arrived.values())) == 2_000
    for process in (members[::3], [one for n, one in enumerate(members) if n % 3]):
        assert sorted(process, key=arrived.__getitem__) == process
    in_order = sorted(members, key=arrived.__getitem__)
    assert [s.ahead for s in await places(line, code, in_order)] == list(range(2_000))
    assert (await admit(line, code)).members[:1_000] == tuple(in_order[:1_000])


async def test_a_full_room_takes_no_more_until_somebody_leaves(line, code):
    await in_force(line, code, size_max=2)

    standings = await enter(line, code, ["alice", "bob", "charlie"])
    again = await line.enter(code, "alice")
    await line.leave(code, "alice")
    later = await line.enter(code, "charlie")

    assert [s.kind for s in standings] == ["waiting", "waiting", "room_full"]
    assert not standings[2].in_line
    assert again.kind == "waiting"
    assert (later.kind, later.ahead) == ("waiting", 1)
    assert (await line.room_stats(code)).turned_away == 1


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("not_open_yet", {"opens_at": now() + HOUR}),
        ("closed", {"state": "closed"}),
        ("closed", {"closes_at": now()}),
        ("sold_out", {"total": 3, "used_count": 3}),
        ("sold_out", {"total": 0}),
    ],
)
async def test_nobody_is_put_into_a_line_for_nothing(line, code, why, changes):
    await in_force(line, code, **changes)

    at_the_door = await line.enter(code, "alice")

    assert (at_the_door.kind, at_the_door.in_line) == (why, False)
    assert (await line.place(code, "alice")).kind == "absent"
    figures = await line.room_stats(code)
    assert (figures.waiting, figures.entered, figures.turned_away) == (0, 0, 1)


async def test_a_paused_room_still_takes_people_in(line, code):
    await in_force(line, code, state="paused")

    standing = await line.enter(code, "alice")

    assert (standing.kind, standing.facts.state) == ("waiting", "paused")


@pytest.mark.parametrize(
    ("why", "changes"),
    [("closed", {"state": "closed"}), ("closed", {"closes_at": now()}), ("sold_out", {"total": 0})],
)
async def test_all_who_wait_hear_at_once_that_they_wait_for_nothing(line, code, why, changes):
    await in_force(line, code)
    members = crowd(3)
    arrivals = [standing.arrival_us for standing in await enter(line, code, members)]

    await in_force(line, code, version=2, **changes)

    told = await places(line, code, members) + await enter(line, code, members)
    assert [s.kind for s in told] == [why] * 6
    assert [s.arrival_us for s in told] == arrivals * 2


async def test_who_waits_when_the_opening_is_put_off_goes_on_waiting(line, code):
    await in_force(line, code)
    await line.enter(code, "alice")

    await in_force(line, code, version=2, opens_at=now() + HOUR)

    assert await kinds(line, code, ["alice"]) == ["waiting"]
    assert (await line.enter(code, "alice")).kind == "waiting"
    assert (await line.enter(code, "bob")).kind == "not_open_yet"


async def test_an_unknown_room_is_said_to_be_unknown_and_leaves_nothing_behind(line, code):
    for ask in (line.enter(code, "alice"), line.place(code, "alice"), line.room_stats(code)):
        with pytest.raises(NoSuchRoom):
            await ask

    await issue(line, code, 1, ["alice"])

    for ask in (line.enter(code, "alice"), line.room_stats(code)):
        with pytest.raises(NoSuchRoom):
            await ask
    assert code not in await line.codes()
    gc.collect()
    assert len(line._entering) + len(line._asking) == 0


async def test_a_room_that_was_settled_is_among_the_rooms(line, code):
    await in_force(line, code)

    assert code in await line.codes()


async def test_positions_fall_when_people_ahead_leave_or_are_let_through(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie", "dora"])

    await admit(line, code, at_most=1)
    await line.leave(code, "bob")

    standings = await places(line, code, ["charlie", "dora"])
    assert [(s.kind, s.ahead) for s in standings] == [("waiting", 0), ("waiting", 1)]
    assert standings[0].facts.waiting == 2


async def test_who_leaves_and_comes_again_goes_to_the_end(line, code):
    await in_force(line, code)
    before, _ = await enter(line, code, ["alice", "bob"])

    left = [await line.leave(code, "alice"), await line.leave(code, "alice")]
    gone = await line.place(code, "alice")
    back = await line.enter(code, "alice")

    assert left == [True, False]
    assert (gone.kind, gone.in_line) == ("absent", False)
    assert (back.kind, back.ahead) == ("waiting", 1)
    assert back.arrival_us > before.arrival_us
    assert (await line.room_stats(code)).left == 1


async def test_who_was_let_through_or_has_an_outcome_cannot_leave(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code)
    await issue(line, code, 1, ["bob"])
    await refuse(line, code, 1, ["charlie"])

    left = [await line.leave(code, name) for name in ("alice", "bob", "charlie", "nobody")]

    assert left == [False] * 4
    assert await kinds(line, code, ["alice", "bob", "charlie"]) == [
        "admitted", "issued", "refused",
    ]  # fmt: skip
    assert (await line.room_stats(code)).left == 0


async def test_asking_for_a_place_changes_nothing(line, code, raw_redis):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie", "dora"])
    await admit(line, code, at_most=3)
    await issue(line, code, 1, ["bob"])
    await refuse(line, code, 1, ["charlie"])
    before = [await raw_redis.dump(key) for key in Keys(code).all()]

    told = await kinds(line, code, ["alice", "bob", "charlie", "dora", "nobody"])

    assert told == ["admitted", "issued", "refused", "waiting", "absent"]
    assert [await raw_redis.dump(key) for key in Keys(code).all()] == before


async def test_redis_finds_a_rooms_fields_without_a_scan(line, code, raw_redis):
    await in_force(line, code)

    encodings = [
        await raw_redis.object("encoding", key) for key in (Keys(code).room, Keys(code).bucket)
    ]

    assert encodings == [b"hashtable", b"hashtable"]
