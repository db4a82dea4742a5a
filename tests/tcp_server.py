"""A TCP server in a test's own event loop, which leaves no connection open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
# The loop takes this many turns, at most, from accepting a connection to handling it.
ACCEPT_TURNS = 10


@asynccontextmanager
async def tcp_server(handle: Handle, port: int = 0) -> AsyncIterator[int]:
    """Serve with `handle` on 127.0.0.1; yields the port.

    At the end it closes all connections and waits for that: the loop learns only later, on a busy
    machine much later, that a client has closed one.
    """
    writers: list[asyncio.StreamWriter] = []
    handlers: list[asyncio.Task[None]] = []

    # Not a coroutine function, which the loop would call a turn later.
    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        handlers.append(asyncio.create_task(handle(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        for writer in writers:
            writer.transport.abort()
        closed = [writer.wait_closed() for writer in writers]
        await asyncio.gather(*closed, *handlers, return_exceptions=True)
