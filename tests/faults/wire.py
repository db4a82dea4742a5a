"""Wire: a minimal keep-alive HTTP client for one simulated member.

Crowds of thousands share two cores with the servers; a general HTTP client costs several times the
server's CPU time for each request.
"""

from __future__ import annotations

import asyncio
from typing import cast

_HEAD_END = b"\r\n\r\n"


class NoAnswer(Exception):
    """The server was unreachable, disconnected, or did not answer in time."""


class Wire(asyncio.Protocol):
    """Sends one request at a time, and reconnects by itself."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = b""

    async def ask(self, request: bytes, *, within_s: float) -> tuple[int, bytes]:
        """Status and body. Raises NoAnswer."""
        try:
            async with asyncio.timeout(within_s):
                if self._transport is None or self._transport.is_closing():
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(lambda: self, "127.0.0.1", self.port)
                assert self._transport is not None
                self._received = b""
                self._answer = asyncio.get_running_loop().create_future()
                self._transport.write(request)
                return await self._answer
        except (OSError, TimeoutError) as error:
            # Close, or a late answer would be taken for that of the next request.
            self.close()
            raise NoAnswer(type(error).__name__) from error
        finally:
            self._answer = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end or self._answer is None or self._answer.done():
            return
        _, _, after = head.lower().partition(b"content-length:")
        if len(body) >= int(after.partition(b"\r\n")[0] or 0):
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed"))
