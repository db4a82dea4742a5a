"""A link forwards bytes, and fails in each of its modes."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop

from processes.child_process import free_port
from tests.faults.link import SLOW_BY_S, Link, Mode
from tests.tcp_server import Handle, tcp_server

SOON_S = 10.0
HUNG_S = 0.3
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@asynccontextmanager
async def linked(handle: Handle) -> AsyncIterator[Link]:
    """A link in front of a server."""
    async with tcp_server(handle) as port:
        link = Link(free_port(), lambda: port)
        await link.open()
        try:
            yield link
        finally:
            link.close()


def echo() -> AbstractAsyncContextManager[Link]:
    """A link in front of an echo server."""

    async def say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            writer.write(data)
        writer.close()

    return linked(say_back)


async def say(link: Link, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        writer.write(words)
        return await asyncio.wait_for(reader.readexactly(len(words)), SOON_S)
    finally:
        writer.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(coroutine)

    return run


def test_a_whole_link_passes_everything_on(run: Run) -> None:
    async def passes() -> bytes:
        async with echo() as link:
            return await say(link, b"word" * 100_000)

    assert run(passes()) == b"word" * 100_000


def test_refused_nobody_listens_until_it_is_mended(run: Run) -> None:
    async def refused() -> bytes:
        async with echo() as link:
            await link.break_("refuse")
            with pytest.raises(ConnectionRefusedError):
                await say(link, b"hello")
            await link.mend()
            return await say(link, b"hello")

    assert run(refused()) == b"hello"


@pytest.mark.parametrize("mode", ["refuse", "reset"])
def test_what_was_open_is_cut_off(run: Run, mode: Mode) -> None:
    async def cut() -> bytes:
        async with echo() as link:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            await link.break_(mode)
            try:
                return await asyncio.wait_for(reader.read(), SOON_S)
            except ConnectionResetError:
                return b"reset"
            finally:
                writer.close()

    assert run(cut()) in (b"", b"reset")


def test_reset_also_who_comes(run: Run) -> None:
    async def reset() -> None:
        async with echo() as link:
            await link.break_("reset")
            await say(link, b"hello")

    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        run(reset())


def test_hung_nothing_passes_and_afterwards_all_of_it_does(run: Run) -> None:
    async def hung() -> tuple[bool, bytes, bytes]:
        async with echo() as link:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            await link.break_("hang")
            writer.write(b"meanwhile")
            newcomer = asyncio.ensure_future(say(link, b"new"))
            answer = asyncio.ensure_future(reader.readexactly(9))
            done, _ = await asyncio.wait({newcomer, answer}, timeout=HUNG_S)
            await link.mend()
            said = await asyncio.wait_for(asyncio.gather(answer, newcomer), SOON_S)
            writer.close()
            return bool(done), *said

    assert run(hung()) == (False, b"meanwhile", b"new")


@pytest.mark.parametrize("mode", ["reset", "hang"])
@pytest.mark.parametrize("sends", [True, False])
def test_it_counts_what_failed_on_connections_that_were_open(
    run: Run, mode: Mode, sends: bool
) -> None:
    async def failed() -> int:
        async with echo() as link:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            await link.break_(mode)
            if sends:
                writer.write(b"meanwhile")
                await asyncio.sleep(HUNG_S)
            await link.mend()
            writer.close()
            return link.failed

    # Nothing fails on a connection that hangs and is not used.
    assert bool(run(failed())) is (mode == "reset" or sends)


def test_it_counts_who_came_while_it_hung(run: Run) -> None:
    async def failed() -> int:
        async with echo() as link:
            await link.break_("hang")
            newcomer = asyncio.ensure_future(say(link, b"hello"))
            await asyncio.wait({newcomer}, timeout=HUNG_S)
            await link.mend()
            assert await newcomer == b"hello"
            return link.failed

    assert run(failed()) > 0


def test_hung_what_was_reset_meanwhile_never_passes(run: Run) -> None:
    async def received() -> list[bytes]:
        found: list[bytes] = []

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionResetError):
                while data := await reader.read(1_000):
                    found.append(data)
            writer.close()

        async with linked(keep) as link:
            writers = [(await asyncio.open_connection("127.0.0.1", link.port))[1] for _ in range(2)]
            for writer in writers:
                writer.write(b"before")
            while len(found) < 2:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
            await link.break_("hang")
            for writer, sock in zip(writers, map(socket_of, writers), strict=True):
                writer.write(b"reset" if writer is writers[0] else b"closed")
                if writer is writers[0]:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.close()
            await asyncio.sleep(HUNG_S)
            await link.mend()
            while len(found) < 3:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
            await asyncio.sleep(HUNG_S)
        return found

    assert run(received()) == [b"before", b"before", b"closed"]


def socket_of(writer: asyncio.StreamWriter) -> socket.socket:
    found: socket.socket = writer.get_extra_info("socket")
    return found


def test_slow_everything_comes_later_and_in_its_order(run: Run) -> None:
    words = [b"%05d" % n for n in range(100)]

    async def slow() -> tuple[bytes, float]:
        async with echo() as link:
            await link.break_("slow")
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            began_s = time.monotonic()
            for number, word in enumerate(words):
                writer.write(word)
                await asyncio.sleep(0)
                if number == 50:
                    await asyncio.sleep(SLOW_BY_S / 2)
                    await link.mend()
            said = await asyncio.wait_for(reader.readexactly(500), SOON_S)
            writer.close()
            return said, time.monotonic() - began_s

    said, took_s = run(slow())

    assert said == b"".join(words)
    assert took_s >= SLOW_BY_S
