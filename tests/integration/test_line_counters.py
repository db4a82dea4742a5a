"""What the meter counts and times is what happened, whichever process told it."""

import asyncio

import pytest

from tests.given_clock import GivenClock
from tests.integration.cast import in_force
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    refuse,
)
from waitroom.redis_io.keys import Keys
from waitroom.stats.latency_histogram import bucket_index, bucket_upper_s
from waitroom.stats.tally import LatencyTotals
from waitroom.stats.time_series import SERIES_S_MAX

pytestmark = pytest.mark.usefixtures("redis_clock")


async def a_second_later(line, code, clock: GivenClock, seconds=SERIES_S_MAX):
    """The series, once the second under way is over."""
    clock.next_second()
    return await line.series(code, seconds)


async def test_every_kind_is_counted_in_its_second(line, code, redis_clock):
    await in_force(line, code, total=9, size_max=20)
    members = crowd(22)
    await enter(line, code, members)
    await enter(line, code, members[:5])
    await line.leave(code, members[19])
    await line.leave(code, members[19])
    await admit(line, code, 9)
    await issue(line, code, 6, members[:6])
    await issue(line, code, 6, members[:6])
    await refuse(line, code, 6, members[6:9])

    series = await a_second_later(line, code, redis_clock)
    figures = await line.room_stats(code)

    assert sum(series.entered) == 20
    assert sum(series.left) == 1
    assert sum(series.admitted) == 9
    assert sum(series.issued) == 6
    assert (sum(series.refused), sum(series.turned_away)) == (3, 2)
    assert (figures.refused, figures.turned_away) == (3, 2)
    assert sum(series.refused_in_all) == 5
    assert {len(series.entered), len(series.enter_p99_ms)} == {SERIES_S_MAX}
    assert (figures.entered_per_s, figures.admitted_per_s, figures.issued_per_s) == (2.0, 0.9, 0.6)


async def test_what_several_processes_timed_adds_up(line, code, redis_clock):
    await in_force(line, code)
    fast, slow = bucket_index(0.002), bucket_index(0.5)

    told = {fast: 30, slow: 1}
    await asyncio.gather(*(line.add_latency(code, "enter_us", told, took_s=0.5) for _ in range(4)))
    series = await a_second_later(line, code, redis_clock, 5)
    figures = await line.room_stats(code)

    # p99 of 124 with 4 slow ones is a slow one.
    assert [one for one in series.enter_p99_ms if one] == [round(bucket_upper_s(slow) * 1_000, 1)]
    assert figures.enter_p99_ms == round(bucket_upper_s(slow) * 1_000, 1)
    assert (await line.metrics.read_room(code)).enter == LatencyTotals({fast: 120, slow: 4}, 2.0)


async def test_nothing_is_timed_in_a_room_that_is_not_there(line, code, raw_redis):
    await line.add_latency(code, "enter_us", {5: 1}, took_s=0.1)

    assert not await raw_redis.exists(Keys(code).meter)


async def test_issuing_is_timed_from_admission_and_waiting_from_arrival(line, code, redis_clock):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])
    redis_clock.advance(0.4)
    await admit(line, code)
    redis_clock.advance(0.2)
    await issue(line, code, 2, ["alice", "bob"])

    series = await a_second_later(line, code, redis_clock, 5)
    result = await line.summary(code)

    [issued_ms] = [one for one in series.issue_p99_ms if one]
    assert issued_ms == round(bucket_upper_s(bucket_index(0.2)) * 1_000, 1)
    waits_s = (result.wait_median_s, result.wait_p95_s, result.wait_longest_s)
    assert waits_s == pytest.approx((0.6, 0.6, 0.6))
    readings = await line.metrics.read_room(code)
    assert readings.issue.sum_s == pytest.approx(2 * 0.2)
    assert readings.wait.sum_s == pytest.approx(2 * 0.6)
    assert sum(readings.issue.steps.values()) == sum(readings.wait.steps.values()) == 2


async def test_who_was_fed_again_is_timed_from_when_they_were_let_through(
    line, code, redis_clock, raw_redis
):
    await in_force(line, code)
    await enter(line, code, ["alice"])
    await admit(line, code, lease_s=0.3)
    redis_clock.advance(0.4)
    assert list(await line.overdue(code, at_most=9, lease_s=0.3)) == ["alice"]
    redis_clock.advance(0.4)
    assert list(await line.overdue(code, at_most=9, lease_s=0.3)) == ["alice"]
    await issue(line, code, 1, ["alice"])

    figures_at = await a_second_later(line, code, redis_clock, 5)

    [issued_ms] = [one for one in figures_at.issue_p99_ms if one]
    assert issued_ms == round(bucket_upper_s(bucket_index(0.8)) * 1_000, 1)
    assert not await raw_redis.exists(Keys(code).admissions), "nothing of it stays"


async def test_the_result_says_why_somebody_got_none(line, code):
    await in_force(line, code, total=2)
    await enter(line, code, ["alice", "bob", "charlie", "dave"])
    await line.leave(code, "dave")
    await admit(line, code)
    await refuse(line, code, 1, ["bob"])
    await issue(line, code, 2, ["alice"])
    await enter(line, code, ["erin", "frank"])

    result = await line.summary(code)

    assert (result.entered, result.admitted, result.issued, result.left) == (4, 2, 1, 1)
    assert result.refused == {"closed": 1}
    assert result.turned_away == {"sold_out": 2}
