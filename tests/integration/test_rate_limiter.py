"""A limit holds over processes, slides, and turns nobody away because Redis is."""

import asyncio
import errno
import secrets
import socket

import pytest
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from processes.child_process import free_port
from tests.given_clock import GivenClock
from topology.async_redis import open_async_redis
from waitroom.limits.rate_limiter import WINDOW_S, RateLimiter
from waitroom.line import open_line
from waitroom.redis_io.script_call import ScriptCall, ScriptConnections
from waitroom.redis_io.scripts import script

MOST = 64
OWN = 4  # what a process may let through by itself: a thirty-second, at least four


@pytest.fixture
def who() -> str:
    return f"a test-{secrets.token_hex(4)}"


@pytest.fixture
async def two(redis_url):
    """As two processes have them: each with connections of its own."""
    lines = [open_line(redis_url) for _ in range(2)]
    yield [line.rate_limiter for line in lines]
    for line in lines:
        await line.aclose()


async def passed(limiter: RateLimiter, who: str, count: int, most: int = MOST) -> int:
    waits = await asyncio.gather(*(limiter.wait_s(who, most) for _ in range(count)))
    return sum(wait_s == 0 for wait_s in waits)


@pytest.mark.usefixtures("patient_limits")
async def test_the_limit_is_held_over_two_processes(two, who):
    several = await asyncio.gather(*(passed(one, who, 200) for one in two))

    assert MOST <= sum(several) <= MOST + 2 * OWN


@pytest.mark.usefixtures("patient_limits")
async def test_it_is_also_held_where_they_come_one_after_the_other(two, who):
    so_far = 0
    for number in range(200):
        so_far += await two[number % 2].wait_s(who, MOST) == 0

    assert MOST <= so_far <= MOST + 2 * OWN


async def test_others_are_not_held_up(two, who):
    await passed(two[0], who, 200)

    assert await passed(two[1], who + "-bob", 30) == 30


@pytest.mark.usefixtures("patient_limits")
async def test_who_is_refused_is_told_when_to_come_and_may_then(redis_clock, two, who):
    limiter = timed(two[0], redis_clock)
    assert await passed(limiter, who, 200) >= MOST

    wait_s = await limiter.wait_s(who, MOST)
    redis_clock.advance(wait_s + 0.01)

    assert 0 < wait_s <= 12
    assert await limiter.wait_s(who, MOST) == 0


@pytest.mark.usefixtures("patient_limits")
async def test_a_window_slides(redis_clock, two, who):
    """Where fixed windows meet, twice as many would pass within a moment."""
    limiter = timed(two[0], redis_clock)
    redis_clock.advance(1.85 * WINDOW_S - redis_clock.now_us / 1_000_000 % WINDOW_S)

    before = await passed(limiter, who, 200)
    redis_clock.advance(0.2 * WINDOW_S)  # the next window has begun
    after = await passed(limiter, who, 200)

    assert before >= MOST
    assert before + after <= MOST * 1.3 + 2 * OWN


async def test_who_asks_calmly_never_asks_redis(who):
    class Never(ScriptCall):
        async def __call__(self, keys, args):
            raise AssertionError("asked")

    limiter = RateLimiter(Never(None, ""))

    assert await passed(limiter, who, OWN) == OWN


@pytest.mark.usefixtures("patient_limits")
async def test_a_flood_asks_redis_no_more(two, who):
    await passed(two[0], who, 200)
    calls = 0
    call = two[0]._call

    async def counted(keys, args):
        nonlocal calls
        calls += 1
        return await call(keys, args)

    two[0]._call = counted
    for _ in range(1_000):
        await two[0].wait_s(who, MOST)

    assert calls <= 2


async def test_a_redis_that_is_not_there_turns_nobody_away(who):
    limiter = RateLimiter(call_at(f"redis://127.0.0.1:{free_port()}"))

    for _ in range(2):
        assert await passed(limiter, who, 500) == 500


async def test_a_redis_that_hangs_turns_nobody_away_and_is_not_waited_for_twice(who):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never answers
        call = call_at(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        limiter = RateLimiter(call)
        async with asyncio.timeout(60):  # it would be minutes
            assert await passed(limiter, who, 500) == 500
            assert await passed(limiter, who, 500) == 500
        await call._connections.aclose()


def answer_until_asked(server: socket.socket) -> socket.socket:
    """Accept a connection and answer redis-py's greeting. Returns it once a script is called."""
    accepted, _ = server.accept()
    while b"EVAL" not in (data := accepted.recv(10_000, socket.MSG_PEEK)):
        accepted.recv(len(data))
        accepted.sendall(b"+OK\r\n" * data.count(b"*"))
    return accepted


async def test_a_call_that_nobody_awaits_any_more_can_not_arrive_later():
    """After a network failure the kernel would send it again, and it would count as a new one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = call_at(f"redis://127.0.0.1:{server.getsockname()[1]}")
        calling = asyncio.create_task(call(["key"], ["argument"]))
        with await asyncio.to_thread(answer_until_asked, server) as accepted:
            calling.cancel()
            async with asyncio.timeout(20):
                while not (error := accepted.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        await call._connections.aclose()

    assert error == errno.ECONNRESET
    assert calling.cancelled()


def call_at(url: str) -> ScriptCall:
    retry = Retry(NoBackoff(), 0)
    redis = open_async_redis(url, connections_max=8, socket_timeout=2, retry=retry)
    return ScriptCall(ScriptConnections(redis.connection_pool), script("rate_limit"))


def timed(limiter: RateLimiter, clock: GivenClock) -> RateLimiter:
    """A limiter of a process with Redis' clock."""
    return RateLimiter(limiter._call, clock=lambda: clock.now_us / 1_000_000)


async def test_whatever_redis_answers_nobody_waits_for_ever(who):
    """An answer that is none: nobody can be counted, and all are let through."""

    async def nonsense(_keys, _arguments):
        return ["no number"]

    async with asyncio.timeout(30):
        assert await passed(RateLimiter(nonsense), who, 20, most=4) == 20
