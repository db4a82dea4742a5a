"""Where Redis does not answer, every call says so soon, and the next one tries again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from processes.child_process import free_port
from tests.integration.cast import a_room, in_force
from tests.integration.line_cast import (
    admit,
    issue,
)
from tests.tcp_proxy import proxied
from tests.tcp_server import tcp_server
from waitroom.errors import LineAway
from waitroom.line import Line, open_line

ENDS_WITHIN_S = 60.0

CALLS: dict[str, Callable[[Line, str], Coroutine[Any, Any, object]]] = {
    "probe": lambda line, code: line.probe.write(),
    "settle": lambda line, code: line.apply_settings(a_room(code)),
    "codes": lambda line, code: line.codes(),
    "enter": lambda line, code: line.enter(code, "alice"),
    "place": lambda line, code: line.place(code, "alice"),
    "standings": lambda line, code: line.statuses(code, ["alice", "bob"]),
    "leave": lambda line, code: line.leave(code, "alice"),
    "admit": lambda line, code: admit(line, code),
    "overdue": lambda line, code: line.overdue(code, at_most=1, lease_s=1),
    "report": lambda line, code: issue(line, code, 1, ["alice"]),
    "figures": lambda line, code: line.room_stats(code),
}


def on_port(redis_url: str, port: int) -> str:
    url = urlsplit(redis_url)
    who = url.netloc.rpartition("@")[0]
    return urlunsplit(
        url._replace(netloc=f"{who}@127.0.0.1:{port}" if who else f"127.0.0.1:{port}")
    )


@asynccontextmanager
async def relay(redis_url: str, port: int) -> AsyncIterator[None]:
    """On `port` while it is open: the Redis there is."""
    url = urlsplit(redis_url)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65_536):
            writer.write(part)
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up = await asyncio.open_connection(url.hostname, url.port or 6379)
        await asyncio.gather(pump(reader, up[1]), pump(up[0], writer), return_exceptions=True)
        up[1].close()
        await up[1].wait_closed()

    async with tcp_server(join, port):
        yield


@pytest.mark.parametrize("call", CALLS)
async def test_where_nobody_listens_every_call_says_that_the_line_is_away(call, code):
    away = open_line(f"redis://127.0.0.1:{free_port()}")

    async with asyncio.timeout(ENDS_WITHIN_S):
        with pytest.raises(LineAway):
            await CALLS[call](away, code)
    await away.aclose()


async def test_a_redis_that_takes_calls_and_never_answers_is_away_too(code):
    gone_silent = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone_silent.wait()
        writer.close()

    async with tcp_server(say_nothing) as port:
        silent = open_line(f"redis://127.0.0.1:{port}", timeout_s=0.3)

        async with asyncio.timeout(ENDS_WITHIN_S):
            with pytest.raises(LineAway):
                await silent.enter(code, "alice")

        gone_silent.set()
        await silent.aclose()


async def test_a_crowd_that_meets_an_absent_redis_is_told_so_to_the_last(code):
    away = open_line(f"redis://127.0.0.1:{free_port()}")

    async with asyncio.timeout(ENDS_WITHIN_S):
        answers = await asyncio.gather(
            *(away.enter(code, f"member-{n}") for n in range(700)), return_exceptions=True
        )

    assert {type(answer) for answer in answers} == {LineAway}
    await away.aclose()


async def test_more_callers_at_once_than_connections_wait_their_turn(redis_url, code):
    narrow = open_line(redis_url, connections_max=2)
    await in_force(narrow, code)

    figures = await asyncio.gather(*(narrow.room_stats(code) for _ in range(100)))

    assert len(figures) == 100
    await narrow.aclose()


async def test_the_same_line_works_again_when_redis_is_back_and_places_are_kept(redis_url, code):
    port = free_port()
    line = open_line(on_port(redis_url, port), timeout_s=0.5)
    with pytest.raises(LineAway):
        await line.enter(code, "alice")

    async with relay(redis_url, port):
        await in_force(line, code)
        before = await line.enter(code, "alice")
    with pytest.raises(LineAway):
        await line.place(code, "alice")
    async with relay(redis_url, port):
        after = await line.place(code, "alice")
        assert (await line.enter(code, "bob")).ahead == 1

    assert (before.kind, after.kind) == ("waiting", "waiting")
    assert after.arrival_us == before.arrival_us
    await line.aclose()


async def test_a_line_that_is_closed_in_mid_call_connects_no_more(redis_url, code):
    """Nobody would close that connection any more."""
    with proxied(redis_url) as (redis, url):
        line = open_line(url, timeout_s=2)
        await in_force(line, code)
        redis.hang()
        asking = asyncio.create_task(line.statuses(code, ["alice"]))
        await asyncio.sleep(0.1)

        await line.aclose()

        for asked in (asking, line.place(code, "alice")):
            with pytest.raises(LineAway):
                await asyncio.wait_for(asked, ENDS_WITHIN_S)
        pool: Any = line._redis.connection_pool
        known = {*pool._available_connections, *pool._in_use_connections, *line._connections._all}
        assert [one for one in known if one.is_connected] == []
