"""A line that has lost everything comes together again in its old order, by the tickets it gave."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from application.apply_settings import apply_settings
from domain.draw import draw_number
from domain.room_settings import RoomSettings
from domain.watermark import Watermark
from issuance import offers
from issuance.watermarks import save_watermark
from tests.integration.cast import in_force, now
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
    refuse,
)
from tests.integration.lost_cast import HASTE
from tests.integration.web_cast import by, checked_problem, in_line, serve
from waitroom.member_status import MemberStatus


async def come_back(
    line, code, tickets: dict[str, MemberStatus], members
) -> dict[str, MemberStatus]:
    """Each shows the ticket they were given."""
    pairs = [(member, tickets[member].arrival_us) for member in members]
    return dict(zip(members, await line.recovery.restore(code, pairs), strict=True))


async def tickets_of(line, code, members) -> dict[str, MemberStatus]:
    return dict(zip(members, await enter(line, code, members), strict=True))


async def test_a_line_that_lost_everything_is_admitted_in_its_old_order(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, total=1_000, room=HASTE)
    everybody = crowd(300)
    tickets = await tickets_of(line, code, everybody)
    issued = await serve(line, engine, code, 40)
    under_way = (await admit(line, code, 20)).members
    await comes_by()

    lose_all()
    await comes_by(times=2)
    newcomers = ["a-new-one", "another"]
    await enter(line, code, newcomers)
    shuffled = random.Random(7).sample(everybody, len(everybody))
    told = await come_back(line, code, tickets, shuffled)
    then = (await admit(line, code)).members

    assert {told[member].kind for member in issued} == {"issued"}
    assert then == (*under_way, *everybody[60:], *newcomers)
    assert (await line.room_stats(code)).restored == 260


async def test_nobody_is_let_through_before_the_others_had_time_to_come_back(
    line, engine, code, comes_by, lose_all, set_back
):
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await come_back(line, code, tickets, ["bob"])
    at_first = await admit(line, code)
    alice = await come_back(line, code, tickets, ["alice"])
    set_back("restoring_until", 31)
    then = await admit(line, code)

    assert told["bob"].facts.is_restoring
    assert (at_first.held_back_by, at_first.members) == ("restoring", ())
    assert alice["alice"].ahead == 0
    assert then.members == ("alice", "bob")


async def test_the_time_to_come_back_begins_when_somebody_can(
    line, engine, code, comes_by, lose_all, set_back
):
    """While web is away nobody is heard; that time is not the members' to lose."""
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    set_back("restoring_until", 31)
    unheard = await admit(line, code)
    await come_back(line, code, tickets, ["bob"])
    at_first = await admit(line, code)
    alice = await come_back(line, code, tickets, ["alice"])

    assert unheard.held_back_by == at_first.held_back_by == "restoring"
    facts = alice["alice"].facts
    assert 25_000_000 < facts.restoring_until_us - facts.now_us <= 30_000_000


@pytest.mark.parametrize(("begun_s", "more_s"), [(29, 10), (115, 5), (130, 1)])
async def test_while_places_come_back_the_line_waits_for_more_but_not_for_ever(
    line, engine, code, comes_by, lose_all, set_back, begun_s, more_s
):
    """A third of its time after the last one, and four times as long in all."""
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await comes_by()
    lose_all()
    await comes_by(times=2)
    await come_back(line, code, tickets, ["bob"])

    set_back("restoring_until", 28)
    set_back("restoring_from", begun_s)
    alice = await come_back(line, code, tickets, ["alice"])
    known = await come_back(line, code, tickets, ["alice", "bob"])

    facts = alice["alice"].facts
    left_s = (facts.restoring_until_us - facts.now_us) / 1_000_000
    # Two seconds of the first time were left, and some of them may have gone by.
    assert max(more_s, 2) - 2 < left_s <= max(more_s, 2)
    assert known["bob"].facts.restoring_until_us == facts.restoring_until_us


async def test_a_ticket_older_than_the_line_tells_of_a_loss_before_anything_was_written_down(
    line, engine, code, comes_by, lose_all, set_back
):
    """Postgres was away since the opening and has no watermark: the room looks like a new one."""
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=100, burst=100, restore_s=30))
    tickets = await tickets_of(line, code, ["alice", "bob", "carol"])

    lose_all()
    await comes_by(times=2)
    await enter(line, code, ["a-new-one"])
    overtaking = await admit(line, code)  # nobody can know better yet
    await enter(line, code, ["another"])
    told = await come_back(line, code, tickets, ["bob"])
    at_first = await admit(line, code)
    untold = await line.recovery.read_progress(code)
    await comes_by(times=2)
    await come_back(line, code, tickets, ["alice", "carol"])
    set_back("restoring_until", 31)
    then = await admit(line, code)

    assert overtaking.members == ("a-new-one",)
    assert told["bob"].facts.is_restoring
    assert told["bob"].arrival_us == tickets["bob"].arrival_us
    assert (at_first.held_back_by, at_first.members) == ("restoring", ())
    assert untold is not None
    assert untold.lost_at_us > 0, "who holds a coupon is to be told again"
    assert then.members == ("alice", "bob", "carol", "another")


async def test_a_ticket_of_a_line_that_lost_nothing_tells_of_no_loss(line, engine, code, comes_by):
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await line.leave(code, "alice")
    await comes_by()

    told = await come_back(line, code, tickets, ["alice", "bob"])

    assert [told[member].kind for member in ("alice", "bob")] == ["absent", "waiting"]
    assert not told["bob"].facts.restoring_until_us


async def test_nobody_is_let_through_before_who_holds_one_was_told_again(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await serve(line, engine, code, 1)
    await comes_by()

    lose_all()
    await apply_settings(line, offers.get_offer(engine, code))
    await come_back(line, code, tickets, ["alice", "bob"])
    before = await admit(line, code)
    await comes_by()
    after = await admit(line, code)

    assert before.held_back_by == "restoring"
    assert await kinds(line, code, ["alice"]) == ["issued"]
    assert after.members == ("bob",)


async def test_who_had_their_turn_is_told_to_wait_until_it_is_known_who_holds_one(
    client, line, engine, code, comes_by, lose_all
):
    """Not that they are not in line, on which they would enter again, or go."""
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await serve(line, engine, code, 1)
    await comes_by()

    lose_all()
    await apply_settings(line, offers.get_offer(engine, code))
    with_ticket = await come_back(line, code, tickets, ["alice"])
    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
    await comes_by()

    assert with_ticket["alice"].kind == "untold"
    checked_problem(answer, "unavailable", 503)
    assert await kinds(line, code, ["alice", "a-stranger"]) == ["issued", "absent"]


async def test_a_redis_that_came_back_older_than_it_was_is_seen_too(
    line, engine, code, comes_by, set_back
):
    """A snapshot of a minute ago, or a replica that was behind."""
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    await enter(line, code, ["alice"])
    await comes_by()

    set_back("watermark_at", 60)
    await comes_by()

    assert (await line.place(code, "alice")).facts.is_restoring


async def test_a_line_that_lost_nothing_never_waits(line, engine, code, comes_by):
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    for member in crowd(3):
        await enter(line, code, [member])
        await comes_by()
        await serve(line, engine, code, 1)
        await comes_by()

    assert not (await line.place(code, crowd(3)[0])).facts.is_restoring
    assert not (await line.room_stats(code)).is_restoring


async def test_a_new_room_does_not_wait_for_anybody(line, engine, code, comes_by, lose_all):
    """Nobody can have come: its lobby is not open yet."""
    later = now().replace(year=now().year + 1)
    offer = await in_line(line, engine, code, opens_at=later, expire_date=later.replace(month=12))
    await comes_by()
    lose_all()
    await comes_by()

    assert offer.watermark is None
    assert offers.get_offer(engine, code).watermark is None
    assert not (await line.room_stats(code)).is_restoring


async def test_who_had_their_turn_does_not_stand_at_the_head_again(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await come_back(line, code, tickets, ["alice", "bob", "charlie"])

    assert [told[who].kind for who in ("alice", "bob", "charlie")] == ["absent"] + ["waiting"] * 2


async def test_a_member_with_a_coupon_does_not_stand_at_the_head_until_they_are_told_again(
    line, engine, code, comes_by, lose_all
):
    """The admitter settles all rooms before it tells anybody again."""
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await serve(line, engine, code, 1)
    await comes_by()

    lose_all()
    await apply_settings(line, offers.get_offer(engine, code))
    told = await come_back(line, code, tickets, ["alice", "bob"])
    await comes_by(times=2)
    told_again = await come_back(line, code, tickets, ["alice", "bob"])

    assert [told[who].kind for who in ("alice", "bob")] == ["untold", "waiting"]
    assert [told_again[who].kind for who in ("alice", "bob")] == ["issued", "waiting"]


async def test_who_was_let_through_and_waits_for_an_outcome_is_not_forgotten(
    line, engine, code, comes_by, lose_all
):
    """Not even where everybody behind them has one."""
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 3)
    await issue(line, code, 2, ["bob", "charlie"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await come_back(line, code, tickets, ["alice"])

    assert told["alice"].kind == "waiting"
    assert (await admit(line, code)).members == ("alice",)


async def test_what_was_spent_stays_spent_through_two_losses(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])
    await comes_by()

    for _ in range(2):
        lose_all()
        await comes_by(times=3)
    told = await come_back(line, code, tickets, ["alice", "bob"])

    assert [one.kind for one in told.values()] == ["absent", "waiting"]


@pytest.mark.parametrize("is_late", [False, True])
async def test_who_comes_back_after_the_line_went_on_is_next_unless_it_is_too_late(
    line, engine, code, comes_by, lose_all, set_back, is_late
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie", "dora"])
    await comes_by()
    lose_all()
    await comes_by(times=2)
    await come_back(line, code, tickets, ["bob", "dora"])
    await admit(line, code, 1)
    if is_late:
        set_back("lost_at", HASTE.grace_s + HASTE.return_s + 1)

    told = await come_back(line, code, tickets, ["charlie", "alice"])

    assert (told["alice"].ahead, told["alice"].text) == ((2, "e") if is_late else (0, ""))
    # The line has not gone past this one.
    assert (told["charlie"].ahead, told["charlie"].text) == (0 if is_late else 1, "")


async def test_who_left_can_not_come_back_by_the_ticket_they_kept(line, code):
    await in_force(line, code)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await line.leave(code, "alice")

    told = await come_back(line, code, tickets, ["alice"])
    await enter(line, code, ["alice"])
    again = await come_back(line, code, tickets, ["alice"])
    await line.leave(code, "alice")

    assert told["alice"].kind == "absent"
    assert again["alice"].ahead == 1
    assert (await come_back(line, code, tickets, ["alice"]))["alice"].kind == "absent"


async def test_who_was_refused_can_not_come_back_by_the_ticket_they_kept(line, code):
    await in_force(line, code)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])

    told = await come_back(line, code, tickets, ["alice"])
    await enter(line, code, ["alice"])
    await line.leave(code, "alice")

    assert told["alice"].kind == "refused"
    assert (await come_back(line, code, tickets, ["alice"]))["alice"].kind == "absent"


async def test_a_ticket_moves_nobody_whom_the_line_knows(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    early = dict.fromkeys(("alice", "charlie"), await line.place(code, "bob"))

    told = await come_back(line, code, early, ["alice", "charlie"])

    assert told["alice"].kind == "admitted"
    assert told["charlie"].ahead == 1


async def test_whoever_comes_after_a_loss_stands_behind_though_the_clock_went_back(
    line, engine, code, comes_by, lose_all
):
    """Another machine's Redis, whose clock is an hour behind the one that gave the tickets."""
    await in_line(line, engine, code, room=HASTE)
    ahead_us = int(now().timestamp() * 1_000_000) + 3_600_000_000
    offer = offers.get_offer(engine, code)
    save_watermark(engine, offer.coupon.id, Watermark(ahead_us, 0, ahead_us))
    lose_all()
    await comes_by(times=2)

    newcomer = (await enter(line, code, ["a-new-one"]))[0]
    later = await line.restore(code, "alice", ahead_us - 5)

    assert newcomer.arrival_us > ahead_us
    assert later.ahead == 0
    assert [one.ahead for one in await places(line, code, ["a-new-one"])] == [1]


async def test_of_two_admitters_the_slower_does_not_put_the_watermark_back(engine, code, line):
    offer = await in_line(line, engine, code)
    save_watermark(engine, offer.coupon.id, Watermark(2_000, 20, 30))
    save_watermark(engine, offer.coupon.id, Watermark(1_000, 10, 15))

    assert offers.get_offer(engine, code).watermark == Watermark(2_000, 20, 30)


async def test_a_lobby_that_was_lost_is_drawn_only_when_it_is_together_again(
    line, engine, code, comes_by, lose_all, set_back
):
    room = RoomSettings(opening="draw", restore_s=30)
    opens_at = now() + timedelta(seconds=1.5)
    await in_line(line, engine, code, room=room, opens_at=opens_at)
    tickets = await tickets_of(line, code, crowd(20))
    await comes_by()
    lose_all()
    await comes_by(times=2)

    told = await come_back(line, code, tickets, crowd(20))
    await asyncio.sleep(max(0.0, (opens_at - now()).total_seconds()) + 0.05)
    before = await line.lobby(code)
    set_back("restoring_until", 31)

    assert {member: one.arrival_us for member, one in told.items()} == {
        member: one.arrival_us for member, one in tickets.items()
    }
    assert before is None
    seed = offers.get_offer(engine, code).seed
    assert await line.lobby(code) == sorted(crowd(20), key=lambda one: draw_number(seed, one))
