"""Which sessions have ended, and which tokens were used, on a real Redis."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from waitroom.member_sessions import ENDED, FLOOR, READ_MAX, MemberSessions, used_key
from web.auth.ended_sessions import EndedSessions

AGE_S = 3_600


@pytest.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url) as opened:
        await opened.delete(ENDED, FLOOR)
        yield opened
        await opened.delete(ENDED, FLOOR)


@pytest.fixture
def store(redis):
    return MemberSessions(redis)


async def end(store, member: str, began_us: int = 0) -> int:
    return await store.end(member, began_us=began_us, age_max_s=AGE_S)


async def test_of_many_who_use_one_token_at_once_one_is_signed_in(store, code):
    began = await asyncio.gather(*(store.begin("alice", code, kept_s=60) for _ in range(50)))

    assert sum(one is not None for one in began) == 1


async def test_a_used_token_is_remembered_as_long_as_it_was_asked_for(store, redis, code):
    await store.begin("alice", code, kept_s=77)
    await store.begin("alice", code, kept_s=7_777)

    assert 70 <= await redis.ttl(used_key(code)) <= 77


async def test_a_call_repeated_after_its_answer_was_lost_is_answered_again(store, redis, code):
    """As redis-py does it: the same arguments once more."""
    call = {"keys": [ENDED, FLOOR, used_key(code)], "args": ["alice", "a nonce", 60]}

    first, again = await store._begin(**call), await store._begin(**call)
    other = await store._begin(keys=call["keys"], args=["alice", "another", 60])

    assert int(again) >= int(first) > 0
    assert other == b""


async def test_ends_strictly_increase_and_a_session_begins_after_them(store):
    ends = [await end(store, member) for member in ("alice", "bob", "alice", "carol")]

    assert ends == sorted(set(ends))
    assert await store.begin("alice") > ends[2]


async def test_a_clock_that_is_set_back_ends_what_began_before(store, redis):
    ahead_us = (await store.begin("alice")) + 3_600_000_000
    await redis.zadd(ENDED, {"bob": ahead_us})

    ended_us = await end(store, "alice", began_us=ahead_us + 5)

    assert ended_us >= ahead_us + 5
    assert await store.begin("alice") > ended_us


async def test_a_process_reads_on_from_what_it_knows(store):
    here, other = EndedSessions(AGE_S), EndedSessions(AGE_S)
    alices = await end(store, "alice")

    assert await here.refresh(store)
    assert not await here.refresh(store)
    bobs = await end(store, "bob")
    assert await here.refresh(store)
    await other.refresh(store)

    for known in (here, other):
        assert known.covers("alice", alices)
        assert known.covers("bob", bobs)
        assert not known.covers("alice", alices + 1)
        assert not known.covers("carol", 1)


async def test_a_hundred_thousand_ends_are_read_in_parts_and_known_once(store, redis):
    first_us = await end(store, "alice")
    ends = {f"member:{number}": first_us + 1 + number for number in range(100_000)}
    for start in range(0, 100_000, READ_MAX):
        part = dict(list(ends.items())[start : start + READ_MAX])
        await redis.zadd(ENDED, part)
    known = EndedSessions(AGE_S)

    await known.refresh(store)

    assert len(known) == 100_001
    assert all(known.covers(member, at_us) for member, at_us in ends.items())
    assert not await known.refresh(store)


async def test_ends_older_than_any_session_are_forgotten(store, redis):
    now_us = await end(store, "alice")
    known = EndedSessions(AGE_S)
    await redis.zadd(ENDED, {"old": now_us - AGE_S * 1_000_000 + 200_000})
    await known.refresh(store)
    assert len(known) == 2

    await asyncio.sleep(0.3)
    await end(store, "bob")
    await known.refresh(store)

    assert await redis.zscore(ENDED, "old") is None
    assert len(known) == 2


async def test_beyond_the_bound_the_oldest_sessions_of_all_end(redis):
    store = MemberSessions(redis, ended_max=3)
    ends = [await end(store, f"member:{number}") for number in range(5)]
    known = EndedSessions(AGE_S)

    await known.refresh(store)

    assert await redis.zcard(ENDED) == 3
    assert known.covers("anybody", ends[1])
    assert not known.covers("anybody", ends[1] + 1)
    assert known.covers("member:4", ends[4])
    assert await store.begin("anybody") > ends[1]


@pytest.mark.parametrize("then", ["nobody", "somebody signs out meanwhile"])
async def test_what_redis_has_lost_is_given_back_by_who_knows_it(store, redis, then):
    here, later = EndedSessions(AGE_S), EndedSessions(AGE_S)
    alices = await end(store, "alice")
    bobs = await end(store, "bob")
    await here.refresh(store)

    await redis.delete(ENDED)
    if then != "nobody":
        await end(store, "carol")
    await here.refresh(store)
    await later.refresh(store)

    assert later.covers("alice", alices)
    assert later.covers("bob", bobs)


async def test_a_last_second_that_redis_has_lost_is_given_back(store, redis):
    here = EndedSessions(AGE_S)
    await end(store, "alice")
    bobs = await end(store, "bob")
    await here.refresh(store)

    await redis.zrem(ENDED, "bob")
    await here.refresh(store)

    assert await redis.zscore(ENDED, "bob") == bobs


async def test_who_signs_out_again_is_no_loss(store, redis):
    here = EndedSessions(AGE_S)
    for member in ("alice", "bob"):
        await end(store, member)
    await here.refresh(store)
    again = await end(store, "alice")
    here.note("alice", again)
    before = await redis.info("commandstats")

    await here.refresh(store)

    after = await redis.info("commandstats")
    zadds = [one.get("cmdstat_zadd", {"calls": 0})["calls"] for one in (before, after)]
    assert zadds[0] == zadds[1]
