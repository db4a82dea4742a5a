"""A Redis server whose clock is set while it runs, and what the run records of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis

from tests.faults.clocks import REDIS, Clocks
from tests.faults.pair import clock_library
from tests.faults.set_clock import ValkeyWithClock
from tests.servers import open_folder

# Without libfaketime the clock stays right, and a run of `--skew` is refused.
BY_S = -10.0 if clock_library() else 0.0


# Most of them after the server has read the new time.
COMPARISONS = 3


@pytest.fixture
def server() -> Iterator[ValkeyWithClock]:
    with ExitStack() as stack:
        made = ValkeyWithClock(open_folder(stack) / "valkey")
        stack.callback(made.erase)
        made.start()
        yield made


async def test_its_clock_is_right_until_it_is_set(server: ValkeyWithClock, tmp_path: Path) -> None:
    clocks = Clocks(tmp_path / "clocks", {})
    with Redis.from_url(server.url) as redis:
        before_s = redis.time()[0] - time.time()
    server.set_clock(BY_S)
    clocks.set(REDIS, BY_S)

    comparing = asyncio.create_task(clocks.compare(server.url))
    async with asyncio.timeout(30):
        while len(clocks.seen()[0].seen_s) < COMPARISONS:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.05)
    comparing.cancel()
    [seen] = clocks.seen()

    assert abs(before_s) < 2
    assert seen.off_by_s == pytest.approx(BY_S, abs=0.5)
