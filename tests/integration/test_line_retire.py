"""A room that is over is served no more, and what it knows is forgotten in time."""

import pytest
from redis import Redis

from tests.integration.cast import in_force
from waitroom.redis_io.keys import Keys


@pytest.fixture
def redis(redis_url: str):
    with Redis.from_url(redis_url) as opened:
        yield opened


def lifetimes(redis: Redis, code: str) -> set[bool]:
    """Whether what there is of the room will be forgotten."""
    there = [key for key in Keys(code).all() if redis.exists(key)]
    assert len(there) > 2
    return {redis.ttl(key) > 0 for key in there}


async def test_a_retired_room_is_served_no_more_and_forgotten_in_time(line, redis, code):
    await in_force(line, code)
    await line.enter(code, "alice")

    retired = [await line.retire(code, keep_s=60), await line.retire(code, keep_s=60)]

    assert retired == [True, False]
    assert code not in await line.codes()
    assert lifetimes(redis, code) == {True}
    assert (await line.place(code, "alice")).ahead == 0


async def test_a_room_that_is_settled_again_is_kept_with_its_places(line, redis, code):
    await in_force(line, code)
    await line.enter(code, "alice")
    await line.enter(code, "bob")
    await line.retire(code, keep_s=60)

    await in_force(line, code, version=2)

    assert code in await line.codes()
    assert lifetimes(redis, code) == {False}
    assert (await line.place(code, "bob")).ahead == 1
