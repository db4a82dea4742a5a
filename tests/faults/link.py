"""Link: a TCP proxy in front of a server, which can refuse, hang, reset, or be slow."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from collections import deque
from collections.abc import Callable
from typing import Literal, cast

Mode = Literal["whole", "refuse", "hang", "reset", "slow"]
# A slow link delays each chunk of bytes by so much, in both directions.
SLOW_BY_S = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST, not FIN


class Link:
    """Listens on a fixed port of 127.0.0.1, and forwards bytes to the port `target()`.

    - refuse: stops listening, and closes open connections;
    - hang: forwards nothing, not even a close, until `mend`; then forwards all of it, as TCP sends
      again what was not acknowledged, but nothing of a connection that was reset meanwhile;
    - reset: resets open and new connections;
    - slow: delays every chunk by `slow_by_s`.
    """

    def __init__(self, port: int, target: Callable[[], int]) -> None:
        self.port = port
        self.mode: Mode = "whole"
        self.slow_by_s = SLOW_BY_S
        self.ends: set[_End] = set()
        # Connections that were reset, clients that a hang kept waiting, and data that it held back.
        self.failed = 0
        self._target = target
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _End(self), "127.0.0.1", self.port, backlog=512, reuse_address=True
        )

    async def break_(self, mode: Mode) -> None:
        self.mode = mode
        if mode == "refuse":
            self._listen_no_more()
        if mode in ("refuse", "reset"):
            self.failed += len(self.ends)
            for end in list(self.ends):
                end.cut(reset=mode == "reset")
        if mode == "hang":
            for end in self.ends:
                end.pause()

    async def mend(self) -> None:
        mode, self.mode = self.mode, "whole"
        if mode == "refuse":
            await self.open()
        if mode == "hang":
            self.failed += sum(end.holds_data() for end in self.ends)
            for end in list(self.ends):
                end.go_on()

    def cut_to(self, port: int) -> None:
        """Reset the open connections that lead to this port."""
        for end in list(self.ends):
            if end.leads_to == port:
                end.cut(reset=True)

    def close(self) -> None:
        self._listen_no_more()
        for end in list(self.ends):
            end.cut(reset=False)

    def _listen_no_more(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def reach(self, client: _End) -> None:
        """Connect a client to the server; reset the client if the server is unreachable."""
        loop = asyncio.get_running_loop()
        port = self._target()
        try:
            _, server = await loop.create_connection(
                lambda: _End(self, peer=client, leads_to=port), "127.0.0.1", port
            )
        except OSError:
            client.cut(reset=True)
            return
        client.peer = server
        client.go_on()


class _End(asyncio.Protocol):
    """One end of a forwarded connection: sends what it receives to its peer."""

    transport: asyncio.Transport

    def __init__(self, link: Link, peer: _End | None = None, leads_to: int = 0) -> None:
        self.peer = peer
        self.leads_to = leads_to
        self._link = link
        self._is_client = peer is None
        self._held: list[bytes] = []
        # Delayed chunks, each with the time at which it is due.
        self._late: deque[tuple[float, bytes]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._link.ends.add(self)
        self._link.failed += self._link.mode in ("reset", "hang")
        if self._link.mode == "reset":
            self.cut(reset=True)
        elif self._is_client:
            self.pause()
            if self._link.mode != "hang":
                self._reach()
        elif self.peer is not None and self.peer.transport.is_closing():
            self.cut(reset=False)  # the client disconnected meanwhile

    def _reach(self) -> None:
        self._task = asyncio.ensure_future(self._link.reach(self))

    def pause(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def holds_data(self) -> bool:
        """Whether this end was sent something during the hang."""
        sock = self.transport.get_extra_info("socket")
        if self._held or sock is None or self.transport.is_closing():
            return bool(self._held)
        unread = fcntl.ioctl(sock.fileno(), termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(unread, sys.byteorder) > 0

    def _was_reset(self) -> bool:
        sock = self.transport.get_extra_info("socket")
        return sock is not None and bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def go_on(self) -> None:
        """Forward what was held back; connect clients that came during a hang."""
        if self._link.mode == "hang" or self.transport.is_closing():
            return
        if self._was_reset():
            self.cut(reset=True)
            return
        if self.peer is None:
            self._reach()
            return
        held, self._held = self._held, []
        for data in held:
            self.data_received(data)
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        # Hold what the transport had read before it paused.
        if self.peer is None or self._link.mode == "hang":
            self._held.append(data)
            return
        if self._link.mode != "slow" and not self._late:
            self._pass_on(data)
            return
        # Behind delayed chunks, also once the link is whole: bytes keep their order.
        late_s = self._link.slow_by_s if self._link.mode == "slow" else 0.0
        self._late.append((asyncio.get_running_loop().time() + late_s, data))
        if len(self._late) == 1:
            self._pass_on_later()

    def _pass_on_later(self) -> None:
        asyncio.get_running_loop().call_at(self._late[0][0], self._pass_on_due)

    def _pass_on_due(self) -> None:
        # A timer may fire early by the clock's resolution, so always send the first.
        while True:
            self._pass_on(self._late.popleft()[1])
            if not self._late:
                return
            if self._late[0][0] > asyncio.get_running_loop().time():
                self._pass_on_later()
                return

    def _pass_on(self, data: bytes) -> None:
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._link.ends.discard(self)
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.close()

    def cut(self, *, reset: bool) -> None:
        if reset and (sock := self.transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()
