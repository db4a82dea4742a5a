"""A call answers with its own answer, whatever became of the connection or the call before it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from cli.embedded.child import free_port
from waitroom.call import Call

ECHO = "return ARGV[1]"
# Busy for a while (a script's clock stands still), and then an answer that must be nobody else's.
SLOW = """
local sum = 0
for i = 1, 30000000 do sum = sum + i end
return 'late'
"""


def pool_of_one(url: str) -> BlockingConnectionPool:
    retry = Retry(NoBackoff(), 0)
    return BlockingConnectionPool.from_url(url, max_connections=1, socket_timeout=2, retry=retry)


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[BlockingConnectionPool]:
    """One connection, so that every call meets what the one before has left."""
    opened = pool_of_one(redis_url)
    yield opened
    await opened.disconnect()


async def test_keys_and_arguments_arrive(pool):
    call = Call(pool, "return {KEYS[1], KEYS[2], ARGV[1], #ARGV}")

    assert await call(["one", "two"], ["three", "four"]) == [b"one", b"two", b"three", 2]


async def test_a_redis_that_has_forgotten_the_script_is_given_it_again(pool):
    call = Call(pool, "return {'forgotten', ARGV[1]}")
    async with Redis.from_pool(pool_of_one(connection_url(pool))) as redis:
        for number in ("1", "2"):
            assert await call([], [number]) == [b"forgotten", number.encode()]
            await redis.script_flush()


async def test_a_connection_that_was_cut_is_replaced(pool):
    call = Call(pool, ECHO)
    await call([], ["before"])
    connection = await pool.get_connection()
    connection._writer.close()
    await pool.release(connection)

    assert await call([], ["after"]) == b"after"


async def test_a_call_that_was_given_up_leaves_its_answer_to_nobody(pool):
    slow, echo = Call(pool, SLOW), Call(pool, ECHO)
    given_up = asyncio.create_task(slow([], []))
    await asyncio.sleep(0.05)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    assert await echo([], ["mine"]) == b"mine"


async def test_an_error_of_the_script_is_raised_and_harms_nobody(pool):
    with pytest.raises(ResponseError):
        await Call(pool, "return redis.call('NONSENSE')")([], [])

    assert await Call(pool, ECHO)([], ["mine"]) == b"mine"


async def test_a_redis_that_is_away_is_said():
    with pytest.raises(RedisConnectionError):
        await Call(pool_of_one(f"redis://127.0.0.1:{free_port()}"), ECHO)([], ["x"])


def connection_url(pool: BlockingConnectionPool) -> str:
    given = pool.connection_kwargs
    who = f":{given['password']}@" if given.get("password") else ""
    return f"redis://{who}{given.get('host', '127.0.0.1')}:{given.get('port', 6379)}"
