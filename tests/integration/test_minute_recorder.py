"""The admitter stores what happened in each room, at most one row a minute, for 90 days."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import func, select

from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.rooms import SiteRooms
from application.history.minute_recorder import MinuteRecorder
from issuance.history.minutes import KEEP, Minute, forget_minutes, list_minutes, save_minutes
from issuance.tables import MINUTE_COUNTS, minutes
from tests.integration.cast import in_force, now
from tests.integration.line_cast import admit, crowd, enter, issue
from tests.integration.web_cast import in_line
from waitroom.redis_io.constants import METER_SLOTS
from waitroom.redis_io.keys import Keys


@pytest.fixture
def recorder(engine, line):
    """Makes a recorder, as each admitter has one."""

    def make() -> MinuteRecorder:
        stores = by_kind([CouponRooms(engine, line), SiteRooms(engine)])
        return MinuteRecorder(engine, line, stores, asyncio.Lock())

    return make


def count_earlier(redis_url: str, code: str, minute_s: int, **counts: int) -> None:
    """As the scripts count, in the tenth second of a minute that is over."""
    second = minute_s + 10
    with Redis.from_url(redis_url) as redis:
        fields = {f"{name}:{second % METER_SLOTS}": f"{second} {n}" for name, n in counts.items()}
        redis.hset(Keys(code).meter, mapping=fields)


async def test_each_minute_is_stored_once_by_however_many_admitters(
    line, engine, code, redis_url, recorder
):
    await in_line(line, engine, code)
    this_minute_s = int((await line.measure_clock()).timestamp()) // 60 * 60
    for n in (2, 5):
        count_earlier(redis_url, code, this_minute_s - n * 60, entered=n, issued=1, waiting=n * 100)

    both = [recorder(), recorder()]
    rests_s = [await one.run_once() for one in (*both, *both)]

    found = list_minutes(engine, code)
    ends_s = [this_minute_s - int(one.begins_at.timestamp()) for one in found]
    assert ends_s == [300, 120], "a minute in which nothing happened has no row"
    assert [(one.counts["entered"], one.waiting_max) for one in found] == [(5, 500), (2, 200)]
    assert {one.counts["issued"] for one in found} == {1}
    assert all(0 < rest_s <= 61 for rest_s in rests_s)


async def test_a_recorder_goes_on_where_it_was(line, engine, code, redis_url, recorder):
    await in_line(line, engine, code)
    one = recorder()
    await one.run_once()
    this_minute_s = int((await line.measure_clock()).timestamp()) // 60 * 60
    count_earlier(redis_url, code, this_minute_s - 240, entered=9)

    await one.run_once()
    kept = list_minutes(engine, code)
    await recorder().run_once()

    assert kept == [], "it has stored that minute already"
    assert [minute.counts["entered"] for minute in list_minutes(engine, code)] == [9]


async def test_minutes_are_kept_for_90_days(line, engine, code):
    room = (await in_line(line, engine, code)).room
    nothing = dict.fromkeys(MINUTE_COUNTS, 0) | {"entered": 1}
    ages = (KEEP - timedelta(hours=1), KEEP + timedelta(hours=1))
    save_minutes(engine, {room.id: [Minute(now() - age, 1, 1, nothing) for age in ages]})

    forgotten = forget_minutes(engine, now())

    assert forgotten == 1
    with engine.begin() as tx:
        query = select(func.count()).where(minutes.c.room_id == room.id)
        assert tx.execute(query).scalar_one() == 1


async def test_the_line_knows_how_many_waited_and_when_the_last_coupon_was_issued(line, code):
    await in_force(line, code, total=3)
    members = crowd(8)
    await enter(line, code, members)
    await admit(line, code, 3)
    before = await line.room_stats(code)
    await issue(line, code, 3, members[:3])
    await admit(line, code, 3)
    after = await line.room_stats(code)
    await asyncio.sleep(1.1)
    series = await line.series(code, 30)

    assert (before.waiting_peak, before.sold_out_at_s) == (8, None)
    assert after.waiting_peak == 8
    assert abs(after.sold_out_at_s - after.at_s) < 60
    assert [count for count in series.waiting if count is not None][-1] == 0, "sold out"
    assert None in series.waiting, "before the first call of an admitter nobody knows"
