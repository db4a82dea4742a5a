"""The admitter's check: differences are counted and said, by one at a time, and left alone."""

import asyncio
from dataclasses import dataclass

import pytest
from redis import Redis

from application.apply_settings import apply_settings
from application.consistency_check import LOOK_EVERY_S, ConsistencyCheck
from application.reconcile import FailedJobs
from application.report_outcomes import report_outcomes
from domain.differences import KINDS
from issuance.errors import OfficeAway
from issuance.issue import issue
from tests.house import eventually
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import admit, enter
from waitroom.check_lease import HELD_S
from waitroom.redis_io.keys import Keys


@dataclass
class Door:
    is_open: bool = True


@pytest.fixture
async def forgotten(own, engine, code, raw_redis):
    """Alice and Bob hold one; that Bob was told is lost."""
    await apply_settings(own, on_offer(engine, code, total=10))
    await enter(own, code, ["alice", "bob"])
    await admit(own, code, at_most=2)
    await report_outcomes(own, issue(engine, code, ["alice", "bob"], now()))
    await raw_redis.hdel(Keys(code).outcomes, "bob")


def checker(line, engine, *, door: Door | None = None) -> ConsistencyCheck:
    queue = FailedJobs(failed=lambda _: [], forget=lambda _: None, feed=lambda *_: None)
    return ConsistencyCheck(line, engine, queue, door or Door(), every_s=60)


async def test_what_is_off_is_counted_said_and_left_as_it_is(
    own, engine, code, forgotten, capsys, raw_redis
):
    began = await raw_redis.time()

    await checker(own, engine).run_once()

    last = await own.check_lease.last(code)
    checked_at = last.pop("checked_at")
    assert last == dict.fromkeys(KINDS, 0) | {"row_not_told": 1}
    assert checked_at >= began[0] * 1_000_000 + began[1]
    said = capsys.readouterr().out
    assert "row_not_told" in said
    assert "bob" not in said
    assert not await raw_redis.hexists(Keys(code).outcomes, "bob")


async def test_a_difference_that_is_gone_is_gone_from_the_counts(own, engine, code):
    await apply_settings(own, on_offer(engine, code, total=10))
    await own.check_lease.end(
        code, {"row_not_told": 3, "of_another_version": 1}, again_after_s=0.001
    )
    await asyncio.sleep(0.05)

    await checker(own, engine).run_once()

    last = await own.check_lease.last(code)
    del last["checked_at"]
    assert last == dict.fromkeys(KINDS, 0)


async def test_a_room_is_checked_by_one_at_a_time_and_not_before_it_is_due(own, code, raw_redis):
    began = [await own.check_lease.begin(code), await own.check_lease.begin(code)]
    if_it_dies_ms = await raw_redis.pttl(Keys(code).checking)
    await own.check_lease.end(code, {}, again_after_s=60)
    too_early = await own.check_lease.begin(code)
    until_due_ms = await raw_redis.pttl(Keys(code).checking)
    await raw_redis.delete(Keys(code).checking)  # as Redis does then

    assert began == [True, False]
    assert 0 < if_it_dies_ms <= HELD_S * 1_000
    assert not too_early
    assert HELD_S * 1_000 < until_due_ms <= 60_000
    assert await own.check_lease.begin(code)


async def test_nothing_is_checked_while_postgres_is_away(own, engine, code, forgotten):
    await checker(own, engine, door=Door(is_open=False)).run_once()

    assert await own.check_lease.last(code) == {}
    assert await own.check_lease.begin(code)


async def test_a_room_of_another_database_is_put_off(own, engine, code, raw_redis):
    await raw_redis.hset(Keys(code).room, "used_count", 0)

    await checker(own, engine).run_once()

    assert await own.check_lease.last(code) == {}
    assert await raw_redis.pttl(Keys(code).checking) > HELD_S * 1_000


async def test_a_check_that_fails_is_made_again_before_it_could_be_anothers(
    own, engine_away, code, forgotten, raw_redis
):
    with pytest.raises(OfficeAway):
        await checker(own, engine_away).run_once()

    assert 0 < await raw_redis.pttl(Keys(code).checking) <= LOOK_EVERY_S * 1_000


async def test_the_admitter_checks_by_itself(house, redis_url, code, forgotten):
    house.environ["RECONCILE_EVERY_S"] = "0.5"
    house.start("admitter")

    with Redis.from_url(redis_url) as redis:

        def found() -> bool:
            return redis.hget(Keys(code).differences, "row_not_told") == b"1"

        await asyncio.to_thread(eventually, found, within_s=60.0)
    assert "Redis and Postgres differ" in house.log.read_text()
