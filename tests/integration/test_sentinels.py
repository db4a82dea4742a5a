"""Three real Sentinels promote the replica; the line, the queue and their locks follow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError
from redis.lock import Lock

from issuance.deployment import deployment_claims
from issuance.queue.redis_connection import open_queue_redis
from processes.child_process import free_port
from tests.integration.cast import in_force
from tests.redis_pair import SERVICE, RedisPair, redis_pair
from waitroom.errors import LineAway
from waitroom.line import Line, open_line
from waitroom.redis_io.acknowledged import Replication
from web.metrics.unacknowledged import UnacknowledgedPlaces

DOWN_AFTER_S = 0.5
ANSWER_WITHIN_S = 1.0
# Sentinels that were stopped themselves watch for half a minute before they promote anybody.
GOES_ON_WITHIN_S = 60.0
ROOM = "pair"


@pytest.fixture
def pair() -> Iterator[RedisPair]:
    with redis_pair(sentinels=3, down_after_s=DOWN_AFTER_S) as running:
        yield running


@pytest.fixture(scope="module")
def lasting_pair() -> Iterator[RedisPair]:
    """For tests that kill neither of the two."""
    with redis_pair(sentinels=3, down_after_s=DOWN_AFTER_S) as running:
        yield running


async def _goes_on(call: Callable[[], Awaitable[object]]) -> None:
    """Ask again and again until there is an answer."""
    while True:
        with suppress(LineAway, RedisError):
            await call()
            return
        await asyncio.sleep(0.01)


def _calls(line: Line, waiting: Line, queue: Redis) -> dict[str, Callable[[], Awaitable[object]]]:
    numbers = iter(range(1_000_000))
    # Where its release is lost in the failover, it is held until its time-out.
    lock: Any = Lock(queue, "waitroom:{pair}:lock", timeout=DOWN_AFTER_S, blocking_timeout=0.1)

    def locked() -> None:
        if not lock.acquire():
            raise RedisError("somebody has it")
        lock.release()

    return {
        "enter": lambda: line.enter(ROOM, f"member-{next(numbers)}"),
        "enter and wait": lambda: waiting.enter(ROOM, f"member-{next(numbers)}"),
        "place": lambda: line.place(ROOM, "member-0"),
        "sign-in attempt": lambda: line.login_throttle.start_attempt(f"a{next(numbers)}", "b"),
        "session": lambda: line.sessions.begin("alice"),
        "write": lambda: line.probe.write(),
        "queue": lambda: asyncio.to_thread(queue.set, "waitroom:queue:probe", 1),
        "lock": lambda: asyncio.to_thread(locked),
    }


@pytest.mark.parametrize("how", ["kill_primary", "stop_primary"])
async def test_when_the_primary_dies_all_follow_the_sentinels(pair, how):
    line = open_line(pair.url, timeout_s=ANSWER_WITHIN_S)
    replication = Replication(1, UnacknowledgedPlaces())
    waiting = open_line(pair.url, timeout_s=ANSWER_WITHIN_S, replication=replication)
    queue = open_queue_redis(pair.url, timeout_s=ANSWER_WITHIN_S)
    await in_force(line, ROOM)
    calls = _calls(line, waiting, queue)
    await asyncio.gather(*map(_goes_on, calls.values()))

    await asyncio.to_thread(getattr(pair, how))

    async with asyncio.timeout(GOES_ON_WITHIN_S):
        await asyncio.gather(*map(_goes_on, calls.values()))
    await asyncio.gather(line.aclose(), waiting.aclose())
    queue.close()
    with Redis.from_url(pair.replica.url) as promoted:
        assert promoted.role()[0] == b"master"


async def test_a_sentinel_that_is_gone_is_passed_over(lasting_pair):
    lasting_pair.sentinels[0].stop()
    line, queue = open_line(lasting_pair.url), open_queue_redis(lasting_pair.url, timeout_s=1)

    await line.probe.write()

    assert queue.set("waitroom:queue:probe", 1)
    await line.aclose()
    queue.close()


async def test_where_no_sentinel_answers_the_error_names_each_and_no_password():
    ports = [free_port(), free_port()]
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    url = f"redis+sentinel://:a-secret@{hosts}/{SERVICE}?sentinel_password=another"
    line, queue = open_line(url), open_queue_redis(url, timeout_s=1)

    with pytest.raises(LineAway) as told:
        await line.probe.write()
    with pytest.raises(RedisError) as told_by_queue:
        queue.ping()

    for text in (str(told.value), str(told_by_queue.value)):
        assert all(f"127.0.0.1:{port} refused the connection" in text for port in ports)
        assert "secret" not in text
        assert "another" not in text
    await line.aclose()
    queue.close()


def test_a_service_that_the_sentinels_do_not_know_is_named(lasting_pair):
    with (
        open_queue_redis(lasting_pair.url.replace(SERVICE, "nobody"), timeout_s=1) as queue,
        pytest.raises(RedisError, match=r"no Sentinel has a primary for nobody: .*No such master"),
    ):
        queue.ping()


def test_wrong_credentials_of_the_sentinels_are_named(lasting_pair):
    url = lasting_pair.url.partition("?")[0]
    with (
        open_queue_redis(url, timeout_s=1) as queue,
        pytest.raises(RedisError, match=r"no Sentinel has a primary .* already authenticated"),
    ):
        queue.ping()


def test_errors_name_the_service_and_its_sentinels(lasting_pair):
    with open_queue_redis(lasting_pair.url, timeout_s=1) as redis:
        line, queue = deployment_claims(redis, redis, "jobs")

    hosts = ", ".join(f"127.0.0.1:{one.port}" for one in lasting_pair.sentinels)
    assert line.words == f"The line's Redis at {SERVICE}/0 of the Sentinels {hosts}"
    assert lasting_pair.password not in queue.words
