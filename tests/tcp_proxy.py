"""A TCP proxy before a server, for cutting it off while everything else goes on.

There are three ways: `cut` resets and refuses, `hang` takes all that is sent and answers nothing,
as a server does that is stopped, and `drop` acknowledges nothing, as a network does that is broken.
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
    """A filter that lets nothing arrive, and what is to be kept for as long as it is read."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    return struct.pack("HP", 1, ctypes.addressof(code)), code


class Proxy:
    """Passes bytes on to `host:port`, until it is told otherwise; again after `mend`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._flows = threading.Event()
        self._flows.set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset what is open, and whatever comes."""
        self._whole.clear()
        for one in list(self._open):
            self._close(one)

    def hang(self) -> None:
        """Take what is sent, and pass nothing on."""
        self._flows.clear()

    def drop(self) -> None:
        """Let nothing that comes to these sockets arrive, as if no one were there (Linux)."""
        program, _kept = _keep_nothing()
        for one in (self._listener, *self._open):
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def can_drop(self) -> bool:
        """Whether this system lets us: some let nobody but root."""
        try:
            program, _kept = _keep_nothing()
            with socket.socket() as one:
                one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        except OSError:
            return False
        return True

    def mend(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
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
    """A proxy before the server of `url`, and the URL that goes through it."""
    parts = urlsplit(url)
    usual = 6379 if parts.scheme.startswith("redis") else 5432
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or usual)
    user = parts.netloc.rpartition("@")[0]
    netloc = f"{user}@127.0.0.1:{proxy.port}" if user else f"127.0.0.1:{proxy.port}"
    try:
        yield proxy, urlunsplit(parts._replace(netloc=netloc))
    finally:
        proxy.close()
