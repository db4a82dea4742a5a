"""A call answers with its own answer, whatever became of the connection or the call before it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from processes.child_process import free_port
from tests.tcp_proxy import proxied
from topology.async_redis import open_async_redis
from waitroom.redis_io.script_call import ATTEMPTS_MAX, ScriptCall, ScriptConnections

WITHIN_S = 2
PATIENT_S = 60.0
ECHO = "return ARGV[1]"
# Busy for a while (a script's clock stands still), and then an answer that must be nobody else's.
SLOW = """
local sum = 0
for i = 1, 30000000 do sum = sum + i end
return 'late'
"""


def wires_of(url: str, count: int = 1, *, within_s: float = PATIENT_S) -> ScriptConnections:
    retry = Retry(NoBackoff(), 0)
    redis = open_async_redis(url, connections_max=count, socket_timeout=within_s, retry=retry)
    return ScriptConnections(redis.connection_pool)


@pytest.fixture
async def wires(redis_url: str) -> AsyncIterator[ScriptConnections]:
    """One, so that every call meets what the one before has left."""
    opened = wires_of(redis_url)
    yield opened
    await opened.aclose()


async def test_keys_and_arguments_arrive(wires):
    call = ScriptCall(wires, "return {KEYS[1], KEYS[2], ARGV[1], #ARGV}")

    assert await call(["one", "two"], ["three", "four"]) == [b"one", b"two", b"three", 2]


async def test_a_redis_that_has_forgotten_the_script_is_given_it_again(wires, redis_url):
    call = ScriptCall(wires, "return {'forgotten', ARGV[1]}")
    async with Redis.from_url(redis_url) as redis:
        for number in ("1", "2"):
            assert await call([], [number]) == [b"forgotten", number.encode()]
            await redis.script_flush()


async def test_a_connection_that_was_cut_is_replaced(wires):
    call = ScriptCall(wires, ECHO)
    await call([], ["before"])
    (wire,) = wires._idle
    wire._writer.close()

    assert await call([], ["after"]) == b"after"


async def test_all_that_the_server_has_cut_off_meanwhile_are_replaced(redis_url):
    wires = wires_of(redis_url, 4)
    call = ScriptCall(wires, ECHO)
    async with Redis.from_url(redis_url) as redis:
        await asyncio.gather(*(call([], ["before"]) for _ in range(4)))
        ours = {wire._writer.get_extra_info("sockname")[1] for wire in wires._idle}
        assert len(ours) == 4
        for client in await redis.client_list():
            if int(client["addr"].rpartition(":")[2]) in ours:
                await redis.client_kill(client["addr"])

    assert await call([], ["after"]) == b"after"
    await wires.aclose()


async def test_more_calls_than_wires_wait_their_turn(wires):
    call = ScriptCall(wires, ECHO)

    answers = await asyncio.gather(*(call([], [str(n)]) for n in range(100)))

    assert answers == [str(n).encode() for n in range(100)]
    assert len(wires._all) == 1


async def test_a_call_that_is_not_answered_in_time_is_tried_once_more_and_ends():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never answers
        wires = wires_of(f"redis://127.0.0.1:{silent.getsockname()[1]}", within_s=0.5)
        with pytest.raises(RedisTimeoutError):
            await asyncio.wait_for(ScriptCall(wires, ECHO)([], ["x"]), PATIENT_S)

        assert not wires._all
        await wires.aclose()
        silent.settimeout(0)
        for _ in range(ATTEMPTS_MAX):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


async def test_a_server_that_falls_silent_costs_each_call_its_time_limit_only(redis_url):
    with proxied(redis_url) as (proxy, url):
        wires = wires_of(url, within_s=WITHIN_S)
        call = ScriptCall(wires, ECHO)
        assert [await answer(call, word) for word in ("connects", "again")] == [
            b"connects",
            b"again",
        ]
        proxy.hang()
        began = time.monotonic()

        with pytest.raises(RedisTimeoutError):
            await asyncio.wait_for(call([], ["x"]), PATIENT_S)

        assert time.monotonic() - began >= WITHIN_S
        assert not wires._all
        proxy.mend()
        assert await answer(call, "after") == b"after"
        await wires.aclose()


async def answer(call: ScriptCall, word: str) -> bytes:
    """The machine may be stopped for longer than a call waits."""
    async with asyncio.timeout(PATIENT_S):
        while True:
            with suppress(RedisTimeoutError):
                return await call([], [word])


async def test_an_answer_in_many_parts_is_read_as_one(wires):
    long = "x" * 3_000_000

    assert await ScriptCall(wires, ECHO)([], [long]) == long.encode()


async def test_a_call_that_was_given_up_leaves_its_answer_to_nobody(wires):
    slow, echo = ScriptCall(wires, SLOW), ScriptCall(wires, ECHO)
    given_up = asyncio.create_task(slow([], []))
    await asyncio.sleep(0.05)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    assert await echo([], ["mine"]) == b"mine"


async def test_an_error_of_the_script_is_raised_and_harms_nobody(wires):
    with pytest.raises(ResponseError):
        await ScriptCall(wires, "return redis.call('NONSENSE')")([], [])

    assert await ScriptCall(wires, ECHO)([], ["mine"]) == b"mine"


async def test_a_redis_that_is_away_is_said():
    with pytest.raises(RedisConnectionError):
        await ScriptCall(wires_of(f"redis://127.0.0.1:{free_port()}"), ECHO)([], ["x"])
