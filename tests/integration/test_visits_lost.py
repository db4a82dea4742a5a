"""Visits that Redis has lost come back by their passes, and single lost keys are noticed."""

import pytest
from redis import Redis

from tests.integration.line_cast import admit, enter, kinds
from tests.integration.visit_cast import (
    call_and_claim,
    move_visits,
    site_in_force,
)
from tests.visits.judge import list_all
from waitroom.redis_io.keys import Keys


@pytest.fixture
def lose(redis_url, code):
    """Delete these keys of the room in Redis; all without a name."""

    def delete(*names: str) -> None:
        keys = Keys(code)
        with Redis.from_url(redis_url) as redis:
            redis.delete(*([getattr(keys, name) for name in names] or keys.all()))

    return delete


@pytest.fixture
def time_to_return_is_over(redis_url, code):
    def end() -> None:
        with Redis.from_url(redis_url) as redis:
            redis.hset(Keys(code).room, mapping={"restoring_from": "1", "restoring_until": "1"})

    return end


async def show_pass(line, code, visit):
    """What /check does with a valid pass of a visit that the line does not know."""
    return await line.visits.restore(
        code,
        visit.visit_id,
        visit.member_id,
        claimed_at_us=visit.claimed_at_us,
        signed_at_us=visit.claimed_at_us,
        ends_at_us=visit.ends_at_us,
    )


async def test_an_emptied_redis_gets_places_back_by_tickets_and_visits_by_passes(
    line, code, lose, time_to_return_is_over
):
    rules = {"seats": 3, "restore_s": 60}
    await site_in_force(line, code, **rules)
    told = await enter(line, code, ["alice", "bob", "charlie", "dave", "erin"])
    visits = await call_and_claim(line, code, 3)

    lose()
    await site_in_force(line, code, **rules)
    unknown = await line.visits.find(code, visits[0].visit_id)
    back = [await show_pass(line, code, visit) for visit in visits[:2]]
    again = await show_pass(line, code, visits[0])
    places = await line.recovery.restore(
        code, [("erin", told[4].arrival_us), ("dave", told[3].arrival_us)]
    )
    while_restoring = await admit(line, code)
    time_to_return_is_over()
    called = await admit(line, code)

    assert unknown is None
    assert [one.visit_id for one in back] == [one.visit_id for one in visits[:2]]
    assert [(one.state, one.ends_at_us) for one in back] == [
        ("inside", one.ends_at_us) for one in visits[:2]
    ]
    assert again == back[0]
    assert await kinds(line, code, ["alice", "bob"]) == ["inside", "inside"]
    assert {one.kind for one in places} == {"waiting"}
    assert while_restoring.held_back_by == "restoring"
    # Of three seats two are known to be taken.
    assert called.members == ("dave",)


async def test_a_pass_that_comes_back_after_the_pause_takes_a_seat_nobody_else_gets(
    line, code, lose, time_to_return_is_over
):
    await site_in_force(line, code, seats=2, restore_s=60)
    await enter(line, code, ["alice", "bob"])
    visits = await call_and_claim(line, code)
    lose()
    await site_in_force(line, code, seats=2, restore_s=60)
    await enter(line, code, ["charlie", "dave", "erin"])
    time_to_return_is_over()
    [charlie, dave] = await call_and_claim(line, code)

    await show_pass(line, code, visits[0])
    time_to_return_is_over()
    await line.visits.finish(code, charlie.visit_id)
    above_the_cap = await admit(line, code)
    await line.visits.finish(code, dave.visit_id)
    within_the_cap = await admit(line, code)

    # The line did not know of the lost visits: three were inside. It then calls nobody until one
    # seat is free.
    assert (above_the_cap.members, above_the_cap.held_back_by) == ((), "seats")
    assert within_the_cap.members == ("erin",)


async def test_a_pass_of_a_lost_visit_shows_the_loss(line, code, lose):
    """Redis has lost what nobody else could notice: a room that was founded a moment ago."""
    await site_in_force(line, code, seats=2, restore_s=60)
    await enter(line, code, ["alice"])
    [visit] = await call_and_claim(line, code)
    lose()
    await site_in_force(line, code, seats=2, restore_s=60)
    await enter(line, code, ["bob"])

    await show_pass(line, code, visit)
    admission = await admit(line, code)

    assert (admission.members, admission.held_back_by) == ((), "restoring")


async def test_a_pass_brings_back_no_visit_that_is_over(line, code, lose, redis_url):
    await site_in_force(line, code, session_s=60)
    await enter(line, code, ["alice", "bob"])
    alice, bob = await call_and_claim(line, code)
    await line.visits.finish(code, alice.visit_id)
    known = await show_pass(line, code, alice)
    move_visits(redis_url, code, 61)
    moved = await line.visits.find(code, bob.visit_id)

    lose()
    await site_in_force(line, code, session_s=60)

    assert known.state == "finished"
    assert await show_pass(line, code, moved) is None


async def test_a_member_who_came_back_and_got_another_visit_has_one(
    line, code, lose, time_to_return_is_over
):
    await site_in_force(line, code)
    await enter(line, code, ["alice"])
    [old] = await call_and_claim(line, code)
    lose()
    await site_in_force(line, code)
    await enter(line, code, ["alice"])
    time_to_return_is_over()
    [new] = await call_and_claim(line, code)

    assert await show_pass(line, code, old) is None
    assert [one.visit_id for one in await list_all(line, code)] == [new.visit_id]


@pytest.mark.parametrize("name", ["inside", "claims", "ended", "outcomes"])
async def test_a_lost_key_of_visits_is_made_again(
    line, code, lose, name, redis_url, time_to_return_is_over
):
    await site_in_force(line, code, seats=2)
    await enter(line, code, ["alice", "bob", "charlie"])
    visits = await call_and_claim(line, code)
    await line.visits.finish(code, visits[1].visit_id)
    await admit(line, code, 0)

    lose(name)
    await kinds(line, code, ["charlie"])
    await admit(line, code, 0)
    time_to_return_is_over()
    called = await admit(line, code)

    assert called.members == ("charlie",)
    assert (await admit(line, code)).held_back_by == "empty"
    assert await kinds(line, code, ["alice"]) == ["inside"]
    assert [one.state for one in await list_all(line, code)] == ["inside", "finished"]
    with Redis.from_url(redis_url) as redis:
        assert redis.zcard(Keys(code).ended) == 2  # bob's, and what keeps the key


async def test_lost_records_come_back_by_passes_and_their_seats_stay_taken(
    line, code, lose, time_to_return_is_over
):
    await site_in_force(line, code, seats=2, restore_s=60)
    await enter(line, code, ["alice", "bob", "charlie"])
    visits = await call_and_claim(line, code)
    await admit(line, code)

    lose("visits")
    noticed = await admit(line, code)
    time_to_return_is_over()
    still_full = await admit(line, code)
    back = await show_pass(line, code, visits[0])
    time_to_return_is_over()
    await line.visits.finish(code, visits[0].visit_id)
    called = await admit(line, code)

    assert noticed.held_back_by == "restoring"
    assert (still_full.members, still_full.held_back_by) == ((), "seats")
    assert back.state == "inside"
    assert called.members == ("charlie",)


async def test_called_members_whose_key_is_lost_are_called_anew(line, code, lose):
    await site_in_force(line, code, seats=1)
    await enter(line, code, ["alice", "bob"])
    await admit(line, code)

    lose("admitted")
    full = await admit(line, code)

    assert (full.members, full.held_back_by) == ((), "seats")
    assert await kinds(line, code, ["alice"]) == ["called"]


async def test_after_a_failover_nobody_is_called_before_passes_had_time_to_return(
    line, code, redis_url, time_to_return_is_over
):
    await site_in_force(line, code, seats=5, restore_s=60, passthrough="auto")
    await enter(line, code, ["alice"])
    with Redis.from_url(redis_url) as redis:
        redis.hset(Keys(code).room, "run_id", "0" * 40)

    [newcomer] = await enter(line, code, ["bob"])
    held = await admit(line, code)
    time_to_return_is_over()
    called = await admit(line, code)

    assert newcomer.kind == "waiting"
    assert (held.members, held.held_back_by) == ((), "restoring")
    assert called.members == ("bob",)
    assert await kinds(line, code, ["alice"]) == ["called"]
