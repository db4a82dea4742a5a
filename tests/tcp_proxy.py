"""TCP proxy: sits in front of a server, and simulates failures of the connection.

`cut` resets and refuses connections, `hang` accepts data and forwards nothing,
like a stopped server, `hang_at` does so from some bytes on, and `drop` acknowledges
nothing, like a broken network.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # asm-generic/socket.h


def _keep_nothing() -> tuple[bytes, object]:
    """A socket filter that drops all packets, and the buffer that must outlive it."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    return struct.pack("HP", 1, ctypes.addressof(code)), code


def can_drop() -> bool:
    """Whether `Proxy.drop` is permitted: some systems require root, and only Linux has it."""
    try:
        program, _kept = _keep_nothing()
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    except OSError:
        return False
    return True


class Proxy:
    """Forwards bytes to `host:port`, until one of the failures; again after `mend`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._flows = threading.Event()
        self._flows.set()
        self._hang_at: bytes | None = None
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def redirect(self, port: int) -> None:
        """Forward new connections to this port; open ones stay with their server."""
        self._target = (self._target[0], port)

    def cut(self) -> None:
        """Reset open and new connections."""
        self._whole.clear()
        for one in list(self._open):
            self._close(one)

    def hang(self) -> None:
        """Accept data, and forward nothing."""
        self._flows.clear()

    def hang_at(self, sent: bytes) -> None:
        """Hang as soon as either side sends these bytes, and don't forward them."""
        self._hang_at = sent

    def drop(self) -> None:
        """Drop all packets to these sockets, like a broken network (Linux)."""
        program, _kept = _keep_nothing()
        for one in (self._listener, *self._open):
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def mend(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        self._hang_at = None
        self._flows.set()
        self._whole.set()

    def close(self) -> None:
        self._listener.close()
        self.cut()
        self._flows.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._whole.is_set():
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                for source, sink in ((client, server), (server, client)):
                    self._open.add(source)
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._hang_at is not None and self._hang_at in data:
                    self.hang()
                self._flows.wait()
                sink.sendall(data)
        self._close(source)
        self._close(sink)

    def _close(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the server of `url`, and the URL through it."""
    parts = urlsplit(url)
    usual = 6379 if parts.scheme.startswith("redis") else 5432
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or usual)
    user = parts.netloc.rpartition("@")[0]
    netloc = f"{user}@127.0.0.1:{proxy.port}" if user else f"127.0.0.1:{proxy.port}"
    try:
        yield proxy, urlunsplit(parts._replace(netloc=netloc))
    finally:
        proxy.close()
