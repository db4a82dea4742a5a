"""A call of Redis that timed out: neither it nor its answer comes later.

`drop` breaks the network: the kernel sends what nobody acknowledged again, once it is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.integration.cast import in_force
from tests.integration.line_cast import admit, enter, issue, kinds, places
from tests.needs import needs
from tests.tcp_proxy import Proxy, proxied
from topology.async_redis import open_async_redis
from topology.sync_redis import open_sync_redis
from waitroom.errors import LineAway
from waitroom.line import Line, open_line

TIMEOUT_S = 0.2
PATIENT_S = 60.0
OPTIONS = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": 5}
# The kernel sends again after 0.2 s, then after ever longer pauses.
SENT_AGAIN_WITHIN_S = 3.0


@pytest.fixture
def network(redis_url: str) -> Iterator[tuple[Proxy, str]]:
    """A network to Redis, and the URL through it."""
    with proxied(redis_url) as (proxy, url):
        yield proxy, url


@pytest.fixture
async def host(network) -> Iterator[Line]:
    """The line of a host that reaches Redis through the network, by one connection of each kind."""
    opened = open_line(network[1], connections_max=1, timeout_s=PATIENT_S)
    yield opened
    await opened.aclose()


@contextmanager
def impatient(host: Line) -> Iterator[None]:
    """Calls by scripts that are no crowd's move time out soon, but only inside."""
    pool: Any = host._redis.connection_pool

    def wait_for(seconds: float) -> None:
        for name in ("socket_timeout", "socket_connect_timeout"):
            pool.connection_kwargs[name] = seconds
            for connection in pool._available_connections:
                setattr(connection, name, seconds)

    wait_for(TIMEOUT_S)
    yield
    wait_for(PATIENT_S)


async def call_async(url: str, key: str, fails: Callable[[], None]) -> None:
    """Push twice, the second time into a network that fails."""
    redis = open_async_redis(url, connections_max=1, **OPTIONS, retry=AsyncRetry(NoBackoff(), 0))
    await redis.rpush(key, "before")
    fails()
    with pytest.raises(RedisError):
        await redis.rpush(key, "late")
    await redis.aclose()


async def call_blocking(url: str, key: str, fails: Callable[[], None]) -> None:
    """As `call_async`, by the queue's kind of client."""

    def call() -> None:
        with open_sync_redis(url, **OPTIONS, retry=Retry(NoBackoff(), 0)) as redis:
            redis.rpush(key, "before")
            fails()
            with pytest.raises(RedisError):
                redis.rpush(key, "late")

    await asyncio.to_thread(call)


@needs("dropping")
async def test_a_member_who_gave_up_a_place_keeps_the_next_one(network, host, line, code):
    """Their request to leave times out. By another host they leave, and enter again."""
    proxy = network[0]
    await in_force(line, code)
    await enter(host, code, ["alice"])
    await host.leave(code, "nobody")

    proxy.drop()
    with impatient(host), pytest.raises(LineAway):
        await host.leave(code, "alice")
    await line.leave(code, "alice")
    await enter(line, code, ["bob", "alice"])
    proxy.mend()
    await asyncio.sleep(SENT_AGAIN_WITHIN_S)

    assert [one.ahead for one in await places(line, code, ["bob", "alice"])] == [0, 1]


@needs("dropping")
async def test_a_retracted_outcome_does_not_come_back_by_a_late_report(network, host, line, code):
    """As after a failover of Postgres that lost the coupon."""
    proxy = network[0]
    await in_force(line, code)
    await enter(line, code, ["alice"])
    await admit(line, code)
    await issue(host, code, 0, [])

    proxy.drop()
    with impatient(host), pytest.raises(LineAway):
        await issue(host, code, 1, ["alice"])
    await issue(line, code, 1, ["alice"])
    await line.audit.retract(code, ["alice"])
    proxy.mend()
    await asyncio.sleep(SENT_AGAIN_WITHIN_S)

    assert await kinds(line, code, ["alice"]) == ["admitted"]


@pytest.mark.parametrize(
    ("call", "answer"), [("leave", b":1\r\n"), ("admit", b"alice"), ("report", b":1\r\n")]
)
async def test_an_answer_that_comes_too_late_is_not_the_next_calls(
    network, host, line, code, call, answer
):
    proxy, _ = network
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    await host.leave(code, "nobody")
    calls = {
        "leave": lambda: host.leave(code, "charlie"),
        "admit": lambda: admit(host, code, 1),
        "report": lambda: issue(host, code, 1, ["charlie"]),
    }

    proxy.hang_at(answer)
    with impatient(host), pytest.raises(LineAway):
        await calls[call]()
    proxy.mend()
    admitted = (await admit(host, code, 1)).members
    left, reported = await host.leave(code, "nobody"), await issue(host, code, 0, [])

    assert admitted == ("bob" if call == "admit" else "alice",)
    assert (left, reported) == (False, 0)


@needs("dropping")
@pytest.mark.parametrize("client", [call_async, call_blocking])
async def test_a_command_that_timed_out_does_not_come_later(network, raw_redis, code, client):
    proxy, url = network

    await client(url, code, proxy.drop)
    proxy.mend()
    await asyncio.sleep(SENT_AGAIN_WITHIN_S)

    assert await raw_redis.lrange(code, 0, -1) == [b"before"]
    await raw_redis.delete(code)
