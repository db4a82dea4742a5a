"""Redis loses one key of a room, and the others live: nobody is overtaken or told wrong."""

from __future__ import annotations

import pytest

from domain.draw import draw_number
from domain.room_settings import RoomSettings
from tests.integration.cast import now
from tests.integration.line_cast import admit, crowd, enter, issue, kinds
from tests.integration.lost_cast import come_back, tickets_of
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.web_cast import in_line, serve
from waitroom.redis_io.keys import Keys

NAMES = sorted(key.rpartition(":")[2] for key in Keys("spring").all())
# Their loss changes an answer or the order, so it must be noticed. The others count and record.
OF_MEMBERS = {"room", "waiting", "admitted", "arrivals", "outcomes", "heard", "away", "spent"}
ROOM = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=30)


async def ask(line, code, tickets, member):
    """As `web` does: by the ticket where the line does not know the member."""
    status = await line.place(code, member)
    if status.is_missing:
        status = await line.restore(code, member, tickets[member].arrival_us)
    return status


@pytest.mark.parametrize("name", NAMES)
async def test_any_one_key_may_be_lost_in_mid_run(
    line, engine, code, comes_by, raw_redis, set_back, name
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    everybody = crowd(12)
    tickets = await tickets_of(line, code, everybody)
    issued = await serve(line, engine, code, 3)
    in_progress = (await admit(line, code, 2)).members
    await line.leave(code, everybody[7])
    rest = [one for one in everybody[5:] if one != everybody[7]]
    await comes_by()

    key = f"waitroom:{{{code}}}:{name}"
    assert name not in OF_MEMBERS or await raw_redis.exists(key)
    await raw_redis.delete(key)
    if name == "room":  # unknown until its settings are applied again
        await comes_by()
    asked = [await ask(line, code, tickets, one) for one in everybody]
    first = [one.kind for one in asked]
    await enter(line, code, ["a-new-one"])
    at_first = await admit(line, code)
    await comes_by(times=2)
    then = [(await ask(line, code, tickets, one)).kind for one in everybody]
    if await raw_redis.hget(Keys(code).room, "restoring_until") not in (None, b"0"):
        set_back("restoring_until", 31)
    later = await admit(line, code)

    assert all(one.kind in ("issued", "untold") or one.facts.is_restoring for one in asked[:3])
    assert "absent" not in [*first[:7], *first[8:]]
    assert then[:3] == ["issued"] * 3
    assert then[7] == "absent"
    admitted = [one for one in (*at_first.members, *later.members) if one not in in_progress]
    assert admitted == [*rest, "a-new-one"]
    assert await kinds(line, code, issued) == ["issued"] * 3


@pytest.mark.parametrize("name", sorted(OF_MEMBERS))
async def test_the_loss_of_a_key_of_members_is_noticed(
    line, engine, code, comes_by, raw_redis, name
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    everybody = crowd(6)
    await enter(line, code, everybody)
    await serve(line, engine, code, 1)
    await admit(line, code, 2)
    await line.leave(code, everybody[4])
    await comes_by()

    await raw_redis.delete(f"waitroom:{{{code}}}:{name}")
    if name == "room":
        await comes_by()
    await line.place(code, everybody[5])
    await enter(line, code, ["a-new-one"])
    await admit(line, code)
    seen = await line.recovery.read_progress(code)
    lost_at = await raw_redis.hget(Keys(code).room, "lost_at")

    assert seen is not None
    if name == "admitted":
        assert set(await line.overdue(code, at_most=9, lease_s=9)) >= set(everybody[1:3])
    else:
        assert lost_at is not None or seen.are_spent_lost


async def test_an_outcome_that_is_reported_first_does_not_hide_that_the_line_is_lost(
    line, engine, code, comes_by, raw_redis
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    everybody = crowd(6)
    tickets = await tickets_of(line, code, everybody)
    await admit(line, code, 1)
    await comes_by()

    await raw_redis.delete(Keys(code).waiting)
    await issue(line, code, 1, everybody[:1])
    await enter(line, code, ["a-new-one"])
    at_once = await admit(line, code)

    assert at_once.held_back_by == "restoring"
    await comes_by()
    await come_back(line, code, tickets, everybody[:0:-1])
    assert await kinds(line, code, everybody) == ["issued", *["waiting"] * 5]


async def test_a_line_of_members_who_returned_may_be_lost_once_more(
    line, engine, code, comes_by, raw_redis, set_back
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    everybody = crowd(4)
    tickets = await tickets_of(line, code, everybody)
    await comes_by()
    held_back_by, then = [], None
    for _ in range(2):
        await raw_redis.delete(Keys(code).waiting)
        await admit(line, code)
        await come_back(line, code, tickets, everybody)
        await comes_by()
        held_back_by.append((await admit(line, code)).held_back_by)
        set_back("restoring_until", 31)
    then = await admit(line, code)

    assert held_back_by == ["restoring"] * 2
    assert then.members == tuple(everybody)


async def test_a_lobby_whose_line_is_lost_is_drawn_with_all_of_it(
    line, engine, code, comes_by, raw_redis, set_back
):
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw", restore_s=30)
    offer = await in_line(line, engine, code, room=room, opens_at=now() + LATER)
    everybody = crowd(6)
    tickets = await tickets_of(line, code, everybody)
    await comes_by()

    await raw_redis.delete(Keys(code).waiting)
    await enter(line, code, ["a-new-one"])
    await open_offer(line, engine, code)
    too_soon = await line.lobby(code)
    await come_back(line, code, tickets, everybody)
    set_back("restoring_until", 31)

    drawn = sorted([*everybody, "a-new-one"], key=lambda one: draw_number(offer.room.seed, one))
    assert too_soon is None
    assert await line.lobby(code) == drawn


async def test_a_line_that_its_members_emptied_is_not_taken_for_lost(line, engine, code, comes_by):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    await enter(line, code, ["alice", "bob", "carol", "dave"])
    await line.leave(code, "dave")
    await serve(line, engine, code, 2)
    await line.leave(code, "carol")
    await comes_by()
    await enter(line, code, ["erin"])

    assert (await admit(line, code)).members == ("erin",)
    assert (await line.recovery.read_progress(code)).lost_at_us == 0


async def leave_by_the_release_before(raw_redis, code, member) -> None:
    """As `leave.lua` of 0.3.0: it does not know that the line may be taken for lost."""
    keys = Keys(code)
    arrival = int(await raw_redis.zscore(keys.waiting, member))
    await raw_redis.hdel(keys.last_seen, member)
    await raw_redis.zrem(keys.waiting, member)
    await raw_redis.hset(keys.spent, member, arrival)
    await raw_redis.zadd(keys.spent_unsaved, {member: now().timestamp() * 1_000_000})
    await raw_redis.hincrby(keys.tally, "left", 1)


@pytest.mark.parametrize("times", [0, 1])
async def test_a_line_that_was_emptied_by_the_release_before_is_not_taken_for_lost(
    line, engine, code, comes_by, raw_redis, times
):
    """While an upgrade replaces its processes one by one. times: that an admitter comes by."""
    await in_line(line, engine, code, total=1_000, room=ROOM)
    for leaving in (["alice", "bob"], ["carol"]):
        await enter(line, code, leaving)
        await comes_by()
        for member in leaving:
            await leave_by_the_release_before(raw_redis, code, member)
        await comes_by(times=times)
    await enter(line, code, ["dave"])

    assert (await admit(line, code)).members == ("dave",)
    assert (await line.recovery.read_progress(code)).lost_at_us == 0


async def test_a_lost_line_is_noticed_also_after_members_left_by_the_release_before(
    line, engine, code, comes_by, raw_redis
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    tickets = await tickets_of(line, code, crowd(4))
    await leave_by_the_release_before(raw_redis, code, crowd(4)[0])
    await comes_by()
    await line.leave(code, crowd(4)[1])

    await raw_redis.delete(Keys(code).waiting)
    held = await admit(line, code)
    back = await come_back(line, code, tickets, crowd(4)[2:])

    assert held.held_back_by == "restoring"
    assert {one.kind for one in back.values()} == {"waiting"}


@pytest.mark.parametrize("ask_again", [0, 1])
async def test_members_are_not_taken_for_silent_when_it_is_lost_who_asked(
    line, engine, code, comes_by, raw_redis, gone_silent, ask_again
):
    await in_line(line, engine, code, total=1_000, room=ROOM)
    members = crowd(4)
    await enter(line, code, members)
    gone_silent(*members)
    await line.statuses(code, members)
    await comes_by()

    await raw_redis.delete(Keys(code).last_seen)
    await line.statuses(code, members[:ask_again])
    await comes_by(times=ask_again)
    admission = await admit(line, code)

    assert admission.members == tuple(members)
    assert (await line.room_stats(code)).away == 0
