"""A line that has lost everything comes together again in its old order, by the tickets it gave."""

from __future__ import annotations

import random

import pytest

from application.apply_settings import apply_settings
from domain.draw import draw_number
from domain.room_settings import RoomSettings
from domain.watermark import Watermark
from issuance import offers
from issuance.watermarks import save_watermark
from tests.integration.cast import now
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    kinds,
)
from tests.integration.lost_cast import HASTE, come_back, tickets_of
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.web_cast import by, checked_problem, in_line, serve


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

    assert offer.room.watermark is None
    assert offers.get_offer(engine, code).room.watermark is None
    assert not (await line.room_stats(code)).is_restoring


async def test_of_two_admitters_the_slower_does_not_put_the_watermark_back(engine, code, line):
    offer = await in_line(line, engine, code)
    save_watermark(engine, offer.room.id, Watermark(2_000, 20, 30))
    save_watermark(engine, offer.room.id, Watermark(1_000, 10, 15))

    assert offers.get_offer(engine, code).room.watermark == Watermark(2_000, 20, 30)


async def test_a_lobby_that_was_lost_is_drawn_only_when_it_is_together_again(
    line, engine, code, comes_by, lose_all, set_back
):
    room = RoomSettings(opening="draw", restore_s=30)
    await in_line(line, engine, code, room=room, opens_at=now() + LATER)
    tickets = await tickets_of(line, code, crowd(20))
    await comes_by()
    lose_all()
    await comes_by(times=2)

    told = await come_back(line, code, tickets, crowd(20))
    await open_offer(line, engine, code)
    before = await line.lobby(code)
    set_back("restoring_until", 31)

    assert {member: one.arrival_us for member, one in told.items()} == {
        member: one.arrival_us for member, one in tickets.items()
    }
    assert before is None
    seed = offers.get_offer(engine, code).room.seed
    assert await line.lobby(code) == sorted(crowd(20), key=lambda one: draw_number(seed, one))
