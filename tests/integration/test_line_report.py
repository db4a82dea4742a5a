"""Reports and settings: they come late, twice and out of order, and the line stays true."""

import pytest

from tests.integration.cast import a_room, in_force
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
    refuse,
)
from waitroom.admission import Outcome
from waitroom.line import REPORT_MAX
from waitroom.redis_io.constants import METER_SLOTS
from waitroom.redis_io.keys import Keys


async def test_an_outcome_is_told_as_it_was_written_down(line, code):
    await in_force(line, code)
    alice, bob = await enter(line, code, ["alice", "bob"])
    await admit(line, code)

    new = await line.report(
        code, 1, {"alice": Outcome("issued", '{"id": "봄 1"}'), "bob": Outcome("refused", "closed")}
    )

    told = await places(line, code, ["alice", "bob"])
    assert new == 2
    assert [(s.kind, s.text) for s in told] == [("issued", '{"id": "봄 1"}'), ("refused", "closed")]
    assert [s.arrival_us for s in told] == [alice.arrival_us, bob.arrival_us]


async def test_a_report_that_comes_twice_counts_once(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code)

    new = [await issue(line, code, 2, ["alice", "bob"]) for _ in range(3)]
    new += [await refuse(line, code, 2, ["charlie"]) for _ in range(3)]

    assert new == [2, 0, 0, 1, 0, 0]
    figures = await line.room_stats(code)
    assert (figures.issued, figures.refused, figures.used_count) == (2, 1, 2)
    assert figures.seats_in_use == 0


async def test_a_report_of_more_than_fits_into_one_call_is_filed_whole(line, code):
    await in_force(line, code)
    members = crowd(2 * REPORT_MAX + 1)
    await enter(line, code, members)
    await admit(line, code)

    new = await issue(line, code, len(members), members)

    assert new == len(members)
    figures = await line.room_stats(code)
    assert (figures.issued, figures.seats_in_use) == (len(members), 0)


async def test_a_report_without_outcomes_still_says_how_many_are_gone(line, code):
    await in_force(line, code, total=3)

    await line.report(code, 3, {})

    assert (await line.enter(code, "alice")).kind == "sold_out"


async def test_what_was_issued_stays_issued(line, code):
    await in_force(line, code)
    await line.enter(code, "alice")
    await admit(line, code)
    await issue(line, code, 1, ["alice"])

    await refuse(line, code, 1, ["alice"])
    entered = await line.enter(code, "alice")
    await line.leave(code, "alice")

    assert (entered.kind, entered.text) == ("issued", "a coupon")
    assert await kinds(line, code, ["alice"]) == ["issued"]


async def test_what_was_refused_turns_into_issued_when_postgres_says_so(line, code):
    await in_force(line, code)
    arrival_us = (await line.enter(code, "alice")).arrival_us
    await admit(line, code)
    await refuse(line, code, 0, ["alice"])

    assert await issue(line, code, 1, ["alice"]) == 1

    told = await line.place(code, "alice")
    assert (told.kind, told.arrival_us) == ("issued", arrival_us)


async def test_a_coupon_that_changed_is_told_as_it_is_now_and_counts_once(line, code):
    await in_force(line, code)
    await line.enter(code, "alice")
    await admit(line, code)
    await issue(line, code, 1, ["alice"])

    await line.report(code, 1, {"alice": Outcome("issued", "a used coupon")})

    assert (await line.place(code, "alice")).text == "a used coupon"
    assert (await line.room_stats(code)).issued == 1


async def test_who_was_refused_may_line_up_again_at_the_end(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])
    await admit(line, code, at_most=1)
    await refuse(line, code, 0, ["alice"])
    told = (await line.place(code, "alice")).kind

    again = await line.enter(code, "alice")

    assert told == "refused"
    assert (again.kind, again.ahead) == ("waiting", 1)


async def test_who_was_refused_stays_so_while_there_is_nothing(line, code):
    await in_force(line, code, total=1)
    await enter(line, code, ["alice", "bob"])
    await admit(line, code)
    await refuse(line, code, 1, ["alice"])

    while_sold_out = await line.enter(code, "alice")
    await in_force(line, code, version=2, total=2)
    afterwards = await line.enter(code, "alice")

    assert (while_sold_out.kind, afterwards.kind) == ("refused", "waiting")


async def test_a_refusal_that_comes_late_does_not_cost_the_new_place(line, code):
    await in_force(line, code)
    await line.enter(code, "alice")
    await admit(line, code)
    await refuse(line, code, 0, ["alice"])
    again = await line.enter(code, "alice")

    assert await refuse(line, code, 0, ["alice"]) == 0

    now = await line.place(code, "alice")
    assert (now.kind, now.arrival_us) == ("waiting", again.arrival_us)


async def test_who_waits_and_holds_one_already_is_told_so_and_leaves_the_line(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])

    await issue(line, code, 1, ["alice"])

    standings = await places(line, code, ["alice", "bob"])
    assert [(s.kind, s.ahead) for s in standings] == [("issued", 0), ("waiting", 0)]


async def test_when_the_last_one_goes_all_who_wait_are_told_at_once(line, code):
    await in_force(line, code, total=2)
    members = crowd(5)
    await enter(line, code, members)
    await admit(line, code)
    before = await kinds(line, code, members)

    await issue(line, code, 2, members[:1])

    assert before == ["admitted"] * 2 + ["waiting"] * 3
    assert await kinds(line, code, members) == ["issued", "admitted"] + ["sold_out"] * 3


async def test_when_there_is_more_again_the_same_places_go_on(line, code):
    await in_force(line, code, total=1)
    members = crowd(4)
    arrivals = [s.arrival_us for s in await enter(line, code, members)]
    await admit(line, code)
    await issue(line, code, 1, members[:1])
    told = (await line.place(code, members[1])).kind

    await in_force(line, code, version=2, total=3, used_count=1)

    standings = await places(line, code, members[1:])
    assert told == "sold_out"
    assert [(s.kind, s.ahead) for s in standings] == [("waiting", n) for n in range(3)]
    assert [s.arrival_us for s in standings] == arrivals[1:]
    assert (await admit(line, code)).members == tuple(members[1:3])


async def test_older_settings_never_overwrite_newer_ones(line, code):
    await in_force(line, code, version=5, seats=5, total=50)

    older = await line.apply_settings(a_room(code, version=4, seats=4, total=40, state="closed"))
    same = await line.apply_settings(a_room(code, version=5, seats=6, total=60))
    newer = await line.apply_settings(a_room(code, version=10, seats=10, total=100))
    older_by_length = await line.apply_settings(a_room(code, version=9, seats=9, total=90))

    assert (older, same, newer, older_by_length) == (False, True, True, False)
    figures = await line.room_stats(code)
    assert (figures.state, figures.seats, figures.total_count) == ("open", 10, 100)


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_how_many_are_gone_never_shrinks(line, code, version):
    await in_force(line, code, version=2, used_count=7)
    await line.report(code, 9, {})

    await line.apply_settings(a_room(code, version=version, used_count=8))
    await line.report(code, 3, {})

    assert (await line.room_stats(code)).used_count == 9


async def test_older_settings_may_still_know_that_more_are_gone(line, code):
    await in_force(line, code, version=2, used_count=7)

    await line.apply_settings(a_room(code, version=1, used_count=8))

    assert (await line.room_stats(code)).used_count == 8


async def test_the_meter_counts_the_whole_seconds_of_the_last_ten(
    redis_clock, line, code, raw_redis
):
    await in_force(line, code)
    members = crowd(30)
    await enter(line, code, members)
    second = redis_clock.now_us // 1_000_000
    an_earlier_lap = {
        f"admitted:{s % METER_SLOTS}": f"{s - METER_SLOTS} 1000" for s in range(second, second + 9)
    }
    await raw_redis.hset(Keys(code).meter, mapping=an_earlier_lap)
    redis_clock.next_second()
    await admit(line, code, at_most=20)
    await issue(line, code, 5, members[:5])
    await admit(line, code)

    redis_clock.advance(1.1)

    figures = await line.room_stats(code)
    assert (figures.admitted_per_s, figures.issued_per_s) == (3.0, 0.5)
    assert (figures.admitted, figures.issued, figures.seats_in_use) == (30, 5, 25)
