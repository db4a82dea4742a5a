"""A Redis that takes over lacks the last writes of the one before: the line keeps its order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis import Redis

from application.apply_settings import apply_settings
from domain.draw import draw_number
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.draws import save_draw
from tests.integration.cast import now
from tests.integration.failover_cast import RedisPair, close_all, look_after, start_pair
from tests.integration.line_cast import admit, crowd, enter, kinds
from tests.integration.lost_cast import come_back, tickets_of
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.web_cast import in_line, serve
from waitroom.redis_io.keys import Keys

ROOM = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=30)
EARLY, LATE = [f"early-{n}" for n in range(9, -1, -1)], [f"late-{n}" for n in range(9, -1, -1)]


@pytest.fixture(scope="module")
def servers_of_a_pair():
    yield from start_pair()


@pytest.fixture
async def pair(servers_of_a_pair, code):
    made = RedisPair(*servers_of_a_pair, code)
    made.follow()
    yield made
    await close_all(made)


@pytest.mark.parametrize("ahead_s", [0.0, 0.5])
async def test_the_survivors_are_admitted_at_once_and_the_lost_ones_before_newcomers(
    pair, engine, code, ahead_s
):
    """ahead_s: the lost primary's clock, compared with the replica's."""
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    tickets = await tickets_of(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    pair.set_back("last_arrival", -ahead_s)
    tickets |= await tickets_of(pair.line, code, LATE)
    await look_after(pair.line, engine, code)

    line = pair.fail_over()
    newcomers = await tickets_of(line, code, ["a-new-one", "another"])
    before = await admit(line, code)
    await look_after(line, engine, code)
    at_once = await admit(line, code)
    told = await come_back(line, code, tickets, LATE[::-1])
    held = await admit(line, code)
    pair.set_back("restoring_until", 31)
    then = await admit(line, code)

    assert (before.held_back_by, before.members) == ("restoring", ())
    assert at_once.members == tuple(EARLY)
    assert (held.held_back_by, held.members) == ("restoring", ())
    assert [told[one].arrival_us for one in LATE] == [tickets[one].arrival_us for one in LATE]
    assert min(one.arrival_us for one in newcomers.values()) > tickets[LATE[-1]].arrival_us
    assert then.members == (*LATE, *newcomers)


async def test_the_hold_lasts_until_lost_members_had_time_to_return(pair, engine, code):
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    await enter(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    tickets = await tickets_of(pair.line, code, LATE)

    line = pair.fail_over()
    await look_after(line, engine, code)
    nobody_asked = await admit(line, code)
    pair.set_back("restoring_until", 31)
    await enter(line, code, ["a-new-one"])
    first_asked = await admit(line, code)
    await come_back(line, code, tickets, LATE[5:])
    pair.set_back("restoring_until", 31)
    then = await admit(line, code)

    assert nobody_asked.members == tuple(EARLY)
    assert first_asked.held_back_by == "restoring"
    assert then.members == (*LATE[5:], "a-new-one")


async def test_a_holder_whose_coupon_was_lost_is_never_told_that_they_have_none(pair, engine, code):
    await in_line(pair.line, engine, code, total=3, room=ROOM)
    tickets = await tickets_of(pair.line, code, EARLY)
    await serve(pair.line, engine, code, 1)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    await serve(pair.line, engine, code, 2)
    tickets |= await tickets_of(pair.line, code, ["of-no-use"])
    sold_out = await kinds(pair.line, code, EARLY)

    line = pair.fail_over()
    with Redis.from_url(pair.replica.url) as redis:
        redis.hset(Keys(code).room, "used_count", 3)
    asked = await kinds(line, code, EARLY[:4])
    entered = await enter(line, code, [*EARLY[:4], "of-no-use"])
    shown = await come_back(line, code, tickets, [*EARLY[:4], "of-no-use"])
    await look_after(line, engine, code)

    assert sold_out == ["issued"] * 3 + ["sold_out"] * 7
    assert asked == [one.kind for one in entered[:4]] == ["issued", *["untold"] * 3]
    assert [one.kind for one in shown.values()] == ["issued", *["untold"] * 4]
    assert await kinds(line, code, EARLY) == sold_out
    assert len(await serve(line, engine, code)) == 0


async def test_a_holder_who_enters_without_a_ticket_is_not_told_sold_out(pair, engine, code):
    """Nor is anybody else, until it is known who holds one."""
    await in_line(pair.line, engine, code, total=1, room=ROOM)
    pair.lose_from_now_on()
    await enter(pair.line, code, ["holder"])
    await serve(pair.line, engine, code)

    line = pair.fail_over()
    with Redis.from_url(pair.replica.url) as redis:
        redis.hset(Keys(code).room, "used_count", 1)
    entered = await enter(line, code, ["holder", "a-new-one"])
    await look_after(line, engine, code)
    then = await enter(line, code, ["holder", "a-new-one"])

    assert [one.kind for one in entered] == ["untold", "untold"]
    assert [one.kind for one in then] == ["issued", "sold_out"]


async def test_a_failover_that_lost_nothing_is_no_reason_to_pause(pair, engine, code):
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    await enter(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()

    line = pair.fail_over()
    await look_after(line, engine, code)
    standing = await line.place(code, EARLY[0])
    board = await line.room_stats(code)
    first = await admit(line, code, 4)
    await look_after(line, engine, code)
    second = await admit(line, code)

    assert not standing.facts.is_restoring
    assert not board.is_restoring
    assert standing.ahead == 0
    assert first.members + second.members == tuple(EARLY)


async def test_the_watermark_of_the_lost_redis_does_not_restore_the_whole_line(pair, engine, code):
    """It is newer than the one of the Redis that replaces it, also a second time."""
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    await enter(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    await enter(pair.line, code, LATE)
    await look_after(pair.line, engine, code)

    line = pair.fail_over()
    await look_after(line, engine, code)
    await enter(pair.lines[0], code, ["of-the-lost-one"])
    await look_after(pair.lines[0], engine, code)  # an admitter that has not followed yet
    await look_after(line, engine, code)

    assert (await admit(line, code)).members == tuple(EARLY)


async def test_a_lobby_that_is_not_drawn_yet_is_restored_as_a_whole(pair, engine, code):
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw", restore_s=30)
    await in_line(pair.line, engine, code, room=room, opens_at=now() + LATER)
    tickets = await tickets_of(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    tickets |= await tickets_of(pair.line, code, LATE)

    line = pair.fail_over()
    await look_after(line, engine, code)
    await line.place(code, EARLY[0])
    await open_offer(line, engine, code)
    too_soon = await line.lobby(code)
    await come_back(line, code, tickets, LATE)
    pair.set_back("restoring_until", 31)

    seed = offers.get_offer(engine, code).room.seed
    assert too_soon is None
    assert await line.lobby(code) == sorted(EARLY + LATE, key=lambda one: draw_number(seed, one))


async def test_a_drawn_lobby_whose_end_was_lost_waits_for_all_of_it(pair, engine, code):
    """Postgres has the draw, but the replica does not know that it does."""
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw", restore_s=30)
    offer = await in_line(pair.line, engine, code, room=room, opens_at=now() + LATER, total=100)
    tickets = await tickets_of(pair.line, code, EARLY)
    pair.lose_from_now_on()
    tickets |= await tickets_of(pair.line, code, LATE)
    await open_offer(pair.line, engine, code)
    save_draw(engine, code, await pair.line.lobby(code) or [], now())

    line = pair.fail_over()
    await look_after(line, engine, code)
    await line.place(code, EARLY[0])
    too_soon = await admit(line, code)
    await come_back(line, code, tickets, LATE)
    pair.set_back("restoring_until", 31)
    then = await admit(line, code)

    assert too_soon.held_back_by == "restoring"
    drawn = sorted(EARLY + LATE, key=lambda one: draw_number(offer.room.seed, one))
    assert then.members == tuple(drawn)


async def test_a_place_given_up_stays_given_up_once_postgres_knows_of_it(pair, engine, code):
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    tickets = await tickets_of(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    await pair.line.leave(code, EARLY[3])
    await look_after(pair.line, engine, code)

    line = pair.fail_over()
    await come_back(line, code, tickets, EARLY)
    await look_after(line, engine, code)

    assert (await admit(line, code)).members == (*EARLY[:3], *EARLY[4:])
    assert await kinds(line, code, [EARLY[3]]) == ["absent"]


async def test_of_two_failovers_in_a_row_the_first_still_holds_who_stands_behind_its_loss(
    pair, engine, code
):
    await in_line(pair.line, engine, code, total=1_000, room=ROOM)
    await enter(pair.line, code, EARLY)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    await enter(pair.line, code, LATE)

    line = pair.fail_over()
    await enter(line, code, ["a-new-one"])
    with Redis.from_url(pair.replica.url) as redis:
        redis.hset(Keys(code).room, "run_id", "of-yet-another-redis")
    await look_after(line, engine, code)

    assert (await admit(line, code)).members == tuple(EARLY)


async def test_a_room_that_the_release_before_kept_is_not_taken_for_lost(pair, engine, code):
    await in_line(pair.line, engine, code, room=ROOM)
    await enter(pair.line, code, EARLY)
    with Redis.from_url(pair.primary.url) as redis:
        redis.hdel(Keys(code).room, "run_id", "held_from", "failed_over_at")

    admission = await admit(pair.line, code)

    assert admission.members == tuple(EARLY)


async def test_a_room_whose_lobby_is_not_open_has_nothing_to_lose(pair, engine, code):
    later = now() + timedelta(hours=2)
    await in_line(pair.line, engine, code, opens_at=later, expire_date=later + timedelta(hours=1))
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()

    line = pair.fail_over()
    await apply_settings(line, offers.get_offer(engine, code))

    assert [one.kind for one in await enter(line, code, crowd(1))] == ["not_open_yet"]
    assert not (await line.room_stats(code)).is_restoring
