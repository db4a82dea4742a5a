"""How tests let somebody go away: silent for an hour, passed over for longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from tests.integration.cast import now
from tests.integration.line_cast import HOUR_S
from waitroom.keys import Keys


@pytest.fixture
def gone_silent(redis_url: str, code: str) -> Callable[..., None]:
    """As if these, at the head, had come an hour ago and not asked since, while others did."""

    def hush(*members: str) -> None:
        long_ago_s = int(now().timestamp()) - HOUR_S
        with Redis.from_url(redis_url) as redis:
            with redis.pipeline() as pipe:
                for member in members:
                    pipe.zincrby(Keys(code).waiting, -HOUR_S * 1_000_000, member)
                pipe.execute()
            redis.hset(Keys(code).bucket, "hearing_since", long_ago_s * 1_000_000)

    return hush


@pytest.fixture
def years_pass(redis_url: str, code: str) -> Callable[[str, int], None]:
    """Moves the time at which somebody was passed over, or told no, back."""

    def move(member: str, seconds: int) -> None:
        with Redis.from_url(redis_url) as redis:
            before, _, since = redis.hget(Keys(code).away, member).rpartition(b" ")
            moved = int(since) - seconds * 1_000_000
            redis.hset(Keys(code).away, member, b"%s %d" % (before, moved))

    return move
