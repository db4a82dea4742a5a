"""Postgres keeps the spent tickets, and gives a Redis that lost them what it lost."""

from __future__ import annotations

from redis import Redis
from sqlalchemy import text

from domain.spent_ticket import SpentTicket
from issuance.retire import forget_line
from issuance.spent_tickets import list_spent_after, save_spent_tickets
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
)
from tests.integration.lost_cast import HASTE, kinds_of_restored, tickets_of
from tests.integration.test_api_crowd import counted
from tests.integration.web_cast import in_line
from waitroom.redis_io.keys import Keys


async def test_a_redis_that_lost_nothing_but_who_left_gets_it_back(
    line, engine, code, comes_by, redis_url
):
    await in_line(line, engine, code, room=HASTE)
    came = await tickets_of(line, code, ["alice", "bob", "carol", "dora"])
    await line.leave(code, "alice")
    await line.leave(code, "dora")
    del came["dora"]
    await comes_by(times=2)

    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(code).spent)
    await line.leave(code, "carol")
    await comes_by(times=2)

    assert await kinds_of_restored(line, code, came) == ["absent", "waiting", "absent"]


async def test_leaving_reaches_postgres_in_one_statement_for_all(line, engine, code, comes_by):
    await in_line(line, engine, code, room=HASTE)
    members = crowd(1_000)
    await enter(line, code, members)
    await comes_by(times=2)
    for member in members[:300]:
        await line.leave(code, member)

    with counted(engine) as one_tick:
        await comes_by()
    with counted(engine) as idle:
        await comes_by()
    with engine.begin() as tx:
        rows = tx.execute(text("SELECT count(*) FROM spent_tickets")).scalar_one()

    assert rows == 300
    assert len([one for one in one_tick if "spent_tickets" in one]) == 1
    assert not [one for one in idle if "spent_tickets" in one]


async def test_of_two_admitters_the_slower_does_not_put_back_who_left(line, engine, code):
    offer = await in_line(line, engine, code)
    later, earlier = SpentTicket("alice", 900, 2_000), SpentTicket("alice", 51, 1_000)

    save_spent_tickets(engine, offer.room.id, [later])
    save_spent_tickets(engine, offer.room.id, [earlier])

    assert list_spent_after(engine, offer.room.id, "") == [later]


async def test_what_nobody_needs_any_more_is_forgotten(line, engine, code):
    offer = await in_line(line, engine, code)
    save_spent_tickets(engine, offer.room.id, [SpentTicket("alice", 900, 2_000)])

    forget_line(engine, offer.room.id)

    assert list_spent_after(engine, offer.room.id, "") == []


async def test_a_redis_that_lost_the_second_in_which_somebody_left_learns_of_it(
    line, engine, code, comes_by, redis_url
):
    """As after a power cut: it still has them in line, and nothing else is missing."""
    await in_line(line, engine, code, room=HASTE)
    came = await tickets_of(line, code, ["alice", "bob"])
    await comes_by()
    with Redis.from_url(redis_url) as redis:
        before = redis.hgetall(Keys(code).room)
        await line.leave(code, "alice")
        await comes_by()
        redis.delete(Keys(code).room, Keys(code).spent, Keys(code).spent_unsaved)
        redis.hset(Keys(code).room, mapping=before)
        redis.zadd(Keys(code).waiting, {"alice": came["alice"].arrival_us})
    await comes_by(times=2)

    assert await kinds_of_restored(line, code, came) == ["absent", "waiting"]
    assert (await admit(line, code)).members == ("bob",)


async def test_what_was_lost_before_it_was_written_down_overwrites_nothing(
    line, engine, code, comes_by, redis_url
):
    offer = await in_line(line, engine, code, room=HASTE)
    came = await tickets_of(line, code, ["alice"])
    await line.leave(code, "alice")
    await comes_by()
    await enter(line, code, ["alice"])
    await line.leave(code, "alice")

    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(code).spent)
    await comes_by(times=2)

    kept = list_spent_after(engine, offer.room.id, "")
    assert [(one.member_id, one.arrival) for one in kept] == [("alice", came["alice"].arrival_us)]
    assert await kinds_of_restored(line, code, came) == ["absent"]
