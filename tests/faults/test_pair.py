"""A pair of Redis servers: the second takes over without the last writes, by its own clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from redis import Redis
from redis.exceptions import RedisError

from processes.embedded import EmbeddedValkey
from tests.faults.modes import plan_of
from tests.faults.pair import LAG_FROM_S, LAG_UNTIL_S, REPLICA_CLOCKS_S, Pair, clock_library
from tests.faults.schedule import FAULTS_MIN, draw
from tests.faults.took_hold import LOST_BYTES_MIN
from tests.servers import open_folder

AHEAD_S = 0.5


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        folder = open_folder(stack)
        made = Pair(EmbeddedValkey(folder / "primary"), folder / "replica", AHEAD_S)
        stack.callback(made.close)
        made.primary.start()
        made.start()
        yield made


def write_without_end(url: str) -> None:
    with suppress(RedisError), Redis.from_url(url) as redis:
        while True:
            redis.set("after", "x" * 100)


def test_the_server_that_takes_over_lacks_the_last_writes(pair: Pair) -> None:
    with Redis.from_url(pair.primary.url) as redis:
        redis.set("before", "the cut")
        assert redis.wait(1, 10_000) == 1
    with Redis.from_url(pair.replica.url) as redis:
        redis.replicaof("NO", "ONE")
    writer = threading.Thread(target=write_without_end, args=(pair.primary.url,), daemon=True)

    writer.start()
    server = pair.fail_over(LAG_FROM_S)
    writer.join(timeout=30)

    with Redis.from_url(server.url) as redis:
        assert (redis.get("before"), redis.get("after")) == (b"the cut", None)
    assert (pair.lost_bytes or 0) >= LOST_BYTES_MIN
    assert not writer.is_alive()


def test_the_server_that_takes_over_has_a_clock_of_its_own(pair: Pair) -> None:
    ahead_s = AHEAD_S if clock_library() else 0.0
    with Redis.from_url(pair.replica.url) as redis:
        before_s = time.time()
        seconds, microseconds = redis.time()
        after_s = time.time()

    assert before_s - 0.1 <= seconds + microseconds / 1e6 - ahead_s <= after_s + 0.1


def test_fifty_seeds_fail_over_in_short_and_long_lines_before_and_after_the_opening() -> None:
    plans = [plan_of(seed, "pair") for seed in range(1, 51)]
    of_redis = [[one for one in plan.faults if one.part == "redis"] for plan in plans]
    kinds = set()
    for plan, (failover,) in zip(plans, of_redis, strict=True):
        kinds.add((plan.room.order, failover.at_s < plan.room.opens_s))
        assert (failover.kind, len(plan.faults) >= FAULTS_MIN) == ("lose the primary", True)
        assert LAG_FROM_S <= failover.length_s <= LAG_UNTIL_S

    assert {("draw", True), ("draw", False), ("first_come", True), ("first_come", False)} <= kinds
    assert {plan.replica_clock_s for plan in plans} == set(REPLICA_CLOCKS_S)
    assert {plan.coupons == draw(plan.seed).coupons for plan in plans} == {True, False}
