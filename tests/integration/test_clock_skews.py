"""A wrong clock is seen: in the metrics of any web process, and once in the log of its own."""

import re
import urllib.request
from collections.abc import Iterator

import pytest
from redis import Redis
from structlog.testing import capture_logs

from application.clock_watch import watch_clocks
from domain.stores.remote_clock import RemoteClock
from tests.house import eventually
from tests.off_clock import clock_off
from waitroom.clock_skews import FORGET_AFTER_S, KEY, ClockWatch
from waitroom.errors import LineError

OFF_BY_S = [-300, -5, -1.5, 1.5, 5, 300]


@pytest.fixture(autouse=True)
def nobody_elses(redis_url) -> Iterator[None]:
    """Of this test alone, also where the Redis is somebody's: others publish again within 5 s."""
    with Redis.from_url(redis_url) as redis:
        redis.delete(KEY)
        yield
        redis.delete(KEY)


async def ask(call, /, *args, **more):
    return call(*args, **more)


def warnings(logs: list) -> list[str]:
    return [one["store"] for one in logs if one["log_level"] == "warning"]


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
async def test_a_clock_that_is_off_is_said_once_until_it_is_right(line, engine, off_by_s):
    watch = watch_clocks("web", line, RemoteClock(), ask, engine)

    with capture_logs() as logs:
        await watch.run_once()
        with clock_off(off_by_s):
            await watch.run_once()
            await watch.run_once()
            worst = await line.clock_skews.worst()
        await watch.run_once()
        over = [one["store"] for one in logs if one["log_level"] == "info"]
        with clock_off(off_by_s):
            await watch.run_once()

    assert sorted(warnings(logs)) == ["postgres", "postgres", "redis", "redis"]
    assert sorted(over) == ["postgres", "redis"]
    assert worst == {
        ("web", "redis"): pytest.approx(off_by_s, abs=0.3),
        ("web", "postgres"): pytest.approx(off_by_s, abs=0.3),
    }


async def test_a_clock_that_is_off_by_less_than_a_second_is_no_cause_to_warn(line, engine):
    watch = watch_clocks("web", line, RemoteClock(), ask, engine)

    with capture_logs() as logs, clock_off(0.5):
        await watch.run_once()
        worst = await line.clock_skews.worst()

    assert warnings(logs) == []
    assert worst["web", "redis"] == pytest.approx(0.5, abs=0.3)


async def test_a_store_that_is_away_keeps_the_other_from_nothing(line, engine_away):
    office = RemoteClock()
    watch = watch_clocks("web", line, office, ask, engine_away)

    await watch.run_once()

    assert list(await line.clock_skews.worst()) == [("web", "redis")]
    assert not office.is_measured


async def test_postgres_clock_is_measured_while_redis_is_away(line_away, engine):
    office = RemoteClock()

    with pytest.raises(LineError):
        await watch_clocks("web", line_away, office, ask, engine).run_once()

    assert office.is_measured


async def test_the_largest_skew_of_each_kind_of_process_is_told(line, redis_url):
    now_s = (await line.measure_clock()).timestamp()
    with Redis.from_url(redis_url) as redis:
        for name, skews in (("a:1", "redis=0.2"), ("b:1", "redis=-3.5"), ("c:1", "redis=1")):
            redis.hset(KEY, f"worker {name}", f"{now_s:.0f} {skews}")
        redis.hset(KEY, "worker d:1", f"{now_s - FORGET_AFTER_S - 5:.0f} redis=99")
        redis.hset(KEY, "admitter a:2", f"{now_s:.0f} redis=0.1 postgres=-0.4")

        worst = await line.clock_skews.worst()
        await ClockWatch(line.clock_skews, "web", {}, line.measure_clock).run_once()

        assert worst == {
            ("worker", "redis"): -3.5,
            ("admitter", "redis"): 0.1,
            ("admitter", "postgres"): -0.4,
        }
        assert not redis.hexists(KEY, "worker d:1"), "who has ended is forgotten"
        assert 0 < redis.ttl(KEY) <= 2 * FORGET_AFTER_S


def test_any_web_process_tells_how_far_all_processes_are_off(house):
    house.start("admitter", clock_off_by_s=-3)
    house.start("worker", "--workers", "1", clock_off_by_s=5)
    house.start_web()

    def told() -> dict[tuple[str, str], float]:
        with urllib.request.urlopen(f"{house.base_url}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        line = r'waitroom_clock_skew_seconds{process="(\w+)",store="(\w+)"} (\S+)'
        return {(kind, store): float(skew_s) for kind, store, skew_s in re.findall(line, text)}

    eventually(lambda: len(told()) == 5)

    assert told() == {
        ("admitter", "postgres"): pytest.approx(-3, abs=0.5),
        ("admitter", "redis"): pytest.approx(-3, abs=0.5),
        ("web", "postgres"): pytest.approx(0, abs=0.5),
        ("web", "redis"): pytest.approx(0, abs=0.5),
        ("worker", "redis"): pytest.approx(5, abs=0.5),
    }
    assert house.log.read_text().count("this host's clock is off") == 3
