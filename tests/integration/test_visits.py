"""Visits: called members come into a site, stay for a while, and make room for the next ones."""

import asyncio

import pytest

from tests.integration.cast import in_force
from tests.integration.line_cast import admit, enter, kinds
from tests.integration.visit_cast import (
    call_and_claim,
    move_visits,
    site_in_force,
)
from tests.visits.judge import list_all
from waitroom.errors import NoSuchRoom, NotYourTurn
from waitroom.visits.visit import visit_of

MINUTE_US = 60_000_000


async def test_a_called_member_comes_in_and_claims_once(line, code):
    await site_in_force(line, code, claim_s=60, session_s=600)
    await enter(line, code, ["alice", "bob"])

    before = await kinds(line, code, ["alice", "bob"])
    await admit(line, code, 1)
    called, waiting = await line.place(code, "alice"), await line.place(code, "bob")
    visit = await line.visits.claim(code, "alice")
    clicks = (line.visits.claim(code, "alice") for _ in range(2))
    again, two = await asyncio.gather(*clicks, return_exceptions=True)
    inside = await line.place(code, "alice")

    assert before == ["waiting", "waiting"]
    assert (called.kind, waiting.kind, inside.kind) == ("called", "waiting", "inside")
    assert called.due_us - called.facts.now_us == pytest.approx(MINUTE_US, abs=5_000_000)
    assert visit == again == two == visit_of(inside, code)
    assert (visit.member_id, visit.room, visit.state) == ("alice", code, "inside")
    assert visit.called_at_us <= visit.claimed_at_us
    assert visit.ends_at_us == visit.max_ends_at_us == visit.claimed_at_us + 600 * 1_000_000
    assert (visit.ended_at_us, visit.renew_from_us) == (None, None)


async def test_a_member_who_was_not_called_can_not_claim(line, code):
    await site_in_force(line, code)
    await enter(line, code, ["alice"])

    for member in ("alice", "nobody"):
        with pytest.raises(NotYourTurn):
            await line.visits.claim(code, member)


async def test_a_room_that_leads_to_no_site_has_no_visits(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice"])
    await admit(line, code)

    for room in (code, f"{code}-unknown"):
        with pytest.raises(NoSuchRoom):
            await line.visits.claim(room, "alice")
        with pytest.raises(NoSuchRoom):
            await line.visits.find(room, "a-visit")
    assert await kinds(line, code, ["alice"]) == ["admitted"]


async def test_called_members_and_visits_take_seats_until_they_are_over(line, code):
    await site_in_force(line, code, seats=3)
    await enter(line, code, [f"m{n}" for n in range(9)])

    visits = await call_and_claim(line, code, 2)
    third = await admit(line, code)
    full = await admit(line, code)
    await line.visits.finish(code, visits[0].visit_id)
    await line.visits.revoke(code, visits[1].visit_id)
    next_two = await admit(line, code)
    await line.leave(code, "m2")
    after_a_turn_was_given_up = await admit(line, code)

    assert [visit.member_id for visit in visits] == ["m0", "m1"]
    assert third.members == ("m2",)
    assert (full.members, full.held_back_by) == ((), "seats")
    assert next_two.members == ("m3", "m4")
    assert after_a_turn_was_given_up.members == ("m5",)
    assert await kinds(line, code, ["m0", "m1", "m2"]) == ["finished", "revoked", "absent"]


async def test_a_visit_is_over_when_its_time_is_up_without_anybody_doing_anything(
    line, code, redis_url
):
    await site_in_force(line, code, seats=1, session_s=600)
    await enter(line, code, ["alice", "bob"])
    [visit] = await call_and_claim(line, code)

    move_visits(redis_url, code, 601)
    standing = await line.place(code, "alice")
    found = await line.visits.find(code, visit.visit_id)
    finished_too_late = await line.visits.finish(code, visit.visit_id)
    admission = await admit(line, code)

    assert standing.kind == "ended"
    assert found.state == "ended"
    assert found.ended_at_us == found.ends_at_us == found.claimed_at_us + 600 * 1_000_000
    assert finished_too_late == found
    assert admission.members == ("bob",)


async def test_a_sliding_visit_is_renewed_up_to_the_longest_visit(line, code, redis_url):
    await site_in_force(line, code, renewal="sliding", session_s=600, session_max_s=900)
    await enter(line, code, ["alice"])
    [visit] = await call_and_claim(line, code)

    move_visits(redis_url, code, 400)
    moved = await line.visits.find(code, visit.visit_id)
    renewed = await line.visits.renew(code, visit.visit_id)
    move_visits(redis_url, code, 450)
    last = await line.visits.find(code, visit.visit_id)
    move_visits(redis_url, code, 100)
    over = await line.visits.renew(code, visit.visit_id)

    assert visit.renew_from_us == visit.claimed_at_us + 300 * 1_000_000
    assert visit.max_ends_at_us == visit.claimed_at_us + 900 * 1_000_000
    assert moved.ends_at_us < renewed.ends_at_us == renewed.max_ends_at_us
    assert renewed.renew_from_us is None
    assert last.state == "inside"
    assert over.state == "ended"


async def test_a_visit_of_a_room_without_renewal_is_not_extended(line, code):
    await site_in_force(line, code, renewal="off")
    await enter(line, code, ["alice"])
    [visit] = await call_and_claim(line, code)

    assert await line.visits.renew(code, visit.visit_id) == visit
    assert await line.visits.renew(code, "unknown") is None


async def test_who_was_inside_may_enter_again_and_who_is_inside_stays_there(line, code):
    await site_in_force(line, code, seats=1)
    await enter(line, code, ["alice", "bob"])
    [visit] = await call_and_claim(line, code, 1)

    [still] = await enter(line, code, ["alice"])
    await line.visits.finish(code, visit.visit_id)
    [again] = await enter(line, code, ["alice"])
    await call_and_claim(line, code, 1)

    assert (still.kind, visit_of(still, code)) == ("inside", visit)
    assert (again.kind, again.ahead) == ("waiting", 1)
    assert await kinds(line, code, ["bob", "alice"]) == ["inside", "waiting"]


async def test_all_visits_are_revoked_at_once(line, code):
    await site_in_force(line, code, seats=700)
    await enter(line, code, [f"m{n}" for n in range(602)])
    visits = await call_and_claim(line, code, 601)
    await line.visits.finish(code, visits[0].visit_id)
    await admit(line, code, 1)

    assert await line.visits.revoke_all(code) == 600
    assert await line.visits.revoke_all(code) == 0
    assert {one.state for one in await list_all(line, code)} == {"finished", "revoked"}
    assert await kinds(line, code, ["m601"]) == ["called"]


async def test_visits_are_listed_by_page_in_the_order_of_their_claims(line, code):
    await site_in_force(line, code)
    members = [f"m{n}" for n in range(7)]
    await enter(line, code, members)
    visits = await call_and_claim(line, code)
    await line.visits.finish(code, visits[3].visit_id)
    await admit(line, code)  # makes what keeps the keys

    first = await line.visits.list_visits(code, limit=3)
    rest = await line.visits.list_visits(code, after=first[-1].visit_id, limit=100)

    assert [one.member_id for one in first] == members[:3]
    assert [one.member_id for one in rest] == members[3:]
    assert rest[0].state == "finished"
    assert await line.visits.list_visits(code, after=rest[-1].visit_id) == []
    assert await line.visits.list_visits(code, after="whose-record-is-dropped", limit=3) == first


async def test_a_record_is_dropped_after_its_last_pass_has_expired(line, code, redis_url):
    await site_in_force(line, code, session_s=60)
    await enter(line, code, ["alice", "bob"])
    visits = await call_and_claim(line, code)
    await line.visits.finish(code, visits[0].visit_id)

    move_visits(redis_url, code, 61)
    await admit(line, code)
    kept = await kinds(line, code, ["alice", "bob"])
    move_visits(redis_url, code, 601)
    await admit(line, code)

    assert kept == ["finished", "ended"]
    assert await kinds(line, code, ["alice", "bob"]) == ["absent", "absent"]
    assert await list_all(line, code) == []
    assert await line.visits.find(code, visits[0].visit_id) is None


async def test_seats_that_are_taken_away_end_no_visit(line, code):
    room = await site_in_force(line, code, seats=3)
    await enter(line, code, [f"m{n}" for n in range(6)])
    visits = await call_and_claim(line, code)

    await site_in_force(line, code, seats=2, version=room.version + 1)
    await line.visits.finish(code, visits[0].visit_id)
    still_full = await admit(line, code)
    await line.visits.finish(code, visits[1].visit_id)
    admission = await admit(line, code)

    assert still_full.members == ()
    assert admission.members == ("m3",)
    assert await kinds(line, code, ["m2"]) == ["inside"]
