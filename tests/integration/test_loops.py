"""Loops that a process repeats: no error ends one, or another; each is logged once and counted."""

import asyncio

import pytest
from redis import Redis

from application.each_room import EachRoom
from issuance.errors import OfficeAway, OfficeRefused
from processes.loops import run_loop
from tests.house import eventually
from waitroom.stats.loop_errors import KEY, LoopErrors


@pytest.fixture
def errors(line, redis_url):
    """Of loops that no process has."""
    yield line.loop_errors
    with Redis.from_url(redis_url) as redis:
        for name in redis.hkeys(KEY):
            if name.startswith(b"test "):
                redis.hdel(KEY, name)


async def run_for(errors: LoopErrors, *works, rounds: int) -> None:
    """Repeat these side by side until the last of them was called so often."""
    stop, calls = asyncio.Event(), 0
    *others, last = works

    async def counted() -> float:
        nonlocal calls
        calls += 1
        if calls == rounds:
            stop.set()
        return await last()

    names = [f"test {n}" for n in range(len(works))]
    all_works = zip(names, [*others, counted], strict=True)
    repeated = (run_loop(name, work, stop, errors) for name, work in all_works)
    async with asyncio.timeout(20):
        ended_with = await asyncio.gather(*repeated, return_exceptions=True)
    assert ended_with == [None] * len(works)


async def fails() -> float:
    raise ZeroDivisionError("division by zero")


async def works() -> float:
    return 0.1


async def test_a_bug_in_one_loop_ends_neither_it_nor_another(errors, capsys):
    await run_for(errors, fails, works, rounds=12)

    counts = await errors.counts()
    assert counts.get("test 0", 0) >= 2
    assert "test 1" not in counts
    assert capsys.readouterr().out.count("error in a loop") == 1


async def test_a_part_that_is_away_is_no_error_of_a_loop_but_a_refused_statement_is(errors, capsys):
    async def away() -> float:
        raise OfficeAway("127.0.0.1:5432 refused the connection")

    async def refused() -> float:
        raise OfficeRefused('Postgres: relation "rooms" does not exist')

    await run_for(errors, away, refused, works, rounds=12)

    counts = await errors.counts()
    said = capsys.readouterr().out
    assert "test 0" not in counts
    assert counts.get("test 1", 0) >= 2
    assert said.count("127.0.0.1:5432 refused the connection") == 1
    assert said.count('relation "rooms" does not exist') == 1


async def test_a_loop_that_fails_again_after_a_success_is_logged_again(errors, capsys):
    turns = iter((True, False, True, False, False))

    async def now_and_then() -> float:
        if next(turns, False):
            raise ZeroDivisionError
        return 0.0

    await run_for(errors, now_and_then, rounds=5)

    said = capsys.readouterr().out
    assert said.count("error in a loop") == 2
    assert said.count("recovered") == 2


async def test_counts_that_redis_did_not_take_are_published_later(errors, line_away):
    ours = line_away.loop_errors
    ours.note("test 0")

    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(1.0, stop.set)
    await run_loop("test 1", works, stop, ours)
    ours._redis = errors._redis
    await ours.publish()

    assert (await errors.counts())["test 0"] == 1


async def test_one_room_that_fails_keeps_no_other_from_its_turn():
    rooms, served = EachRoom(), []

    async def serve(code: str) -> str:
        if code == "broken":
            raise ZeroDivisionError
        served.append(code)
        return code

    try:
        answers = [await rooms.attempt(code, serve(code)) for code in ("a", "broken", "b")]
    except ZeroDivisionError:
        pytest.fail("one room has ended the round")

    assert served == ["a", "b"]
    assert answers == ["a", None, "b"]
    with pytest.raises(ZeroDivisionError) as raised:
        rooms.raise_first()
    assert raised.value.__notes__ == ["room broken"]


async def test_a_round_over_all_rooms_ends_at_once_where_a_store_is_away():
    async def away() -> None:
        raise OfficeAway

    with pytest.raises(OfficeAway):
        await EachRoom().attempt("a", away())


async def test_what_enter_times_fails_with_does_not_end_it(app, monkeypatch):
    enter_times = app.state.enter_times
    calls = []

    async def tell() -> None:
        calls.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(enter_times, "publish", tell)
    monkeypatch.setattr("web.metrics.enter_latency.PUBLISH_EVERY_S", 0.01)
    telling = asyncio.create_task(enter_times.publish_forever())
    await asyncio.to_thread(eventually, lambda: len(calls) > 2)

    assert not telling.done()
    telling.cancel()
    app.state.parts.line.loop_errors._unpublished.clear()
