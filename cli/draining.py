"""Draining: how a web process ends, so that nobody whom it has let in notices.

1. Streams end, each told when to come back. Every answer says `Connection: close`, so that
   whoever asks next does so elsewhere (RFC 9112, section 9.6).
2. Whoever was at the door is taken, and then nobody else; where it can only be shut, it is shut.
3. After DRAIN_S, or as soon as nobody is left, the server is told: it finishes what is open.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from granian._granian import WorkerSignal
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cli.listening import close_to_all, take_no_more, taken_from

# Long enough for those who have begun to connect, within a round trip, to be taken.
TAKE_REST_S = 0.1
# Whoever keeps a connection and asks within it is told to let it go. Only who is silent for so long
# and asks in the very moment in which we close has to ask again, as browsers do by themselves.
DRAIN_S = 2.0
LOOK_EVERY_S = 0.02
CLOSE = (b"connection", b"close")
# What the command says where the socket ends with this process.
SHUT = b"shut"

_when_told: list[Callable[[], None]] = []


def when_told_to_stop(call: Callable[[], None]) -> None:
    """Call this, on the loop, when this process is sent SIGTERM or SIGINT.

    The server waits for all open answers then, and a stream would never end by itself.
    """
    _when_told.append(call)


class Drain:
    """Of one process, which listens on `port` by the socket `fd` (None: it is not known).

    By `wire` its command waits for it, and can tell it to SHUT the socket.
    """

    def __init__(self, port: int, fd: int | None, wire: Connection) -> None:
        self.wire = wire
        self._port = port
        self._fd = fd
        self._is_under_way = False
        self._task: asyncio.Task[None] | None = None

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application; while we drain, its answers say that the connection ends."""

        def asked(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            if not self._is_under_way or scope["type"] != "http":
                return app(scope, receive, send)
            return app(scope, receive, _closing(send))

        return asked

    def listen_for_signals(self, loop: asyncio.AbstractEventLoop) -> Any:
        """What the server waits for. It would have stopped by it at once, at the first signal."""
        stop = WorkerSignal()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._begin, loop, stop)
        return stop

    def _begin(self, loop: asyncio.AbstractEventLoop, stop: Any) -> None:
        if self._is_under_way:  # told twice: at once
            stop.set()
            return
        self._is_under_way = True
        for call in _when_told:
            call()
        self._task = loop.create_task(self._run(stop))

    async def _run(self, stop: Any) -> None:
        try:
            await asyncio.sleep(TAKE_REST_S)
            if self._fd is not None:
                take_no_more(self._fd)
                if self._is_to_shut():
                    with socket.socket(fileno=os.dup(self._fd)) as listening:
                        close_to_all(listening)
            await self._until_all_have_gone()
        finally:
            stop.set()

    def _is_to_shut(self) -> bool:
        """Not where another process takes the socket over."""
        try:
            return self.wire.poll() and self.wire.recv_bytes() == SHUT
        except (EOFError, OSError):  # the command is gone: so is everybody's door
            return True

    async def _until_all_have_gone(self) -> None:
        """Or for DRAIN_S."""
        until = time.monotonic() + DRAIN_S
        left, rest_s = 1, 0.0
        while left and time.monotonic() < until:
            await asyncio.sleep(rest_s)
            began = time.monotonic()
            left = taken_from(self._port)
            # Counting thousands takes its time, of which the answers are to have the most.
            rest_s = max(LOOK_EVERY_S, 10 * (time.monotonic() - began))


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start" and CLOSE not in message["headers"]:
            message = {**message, "headers": [*message["headers"], CLOSE]}
        await send(message)

    return closing
