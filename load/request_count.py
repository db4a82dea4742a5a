"""Counting relay: passes on what a browser and a server say, and counts it between them."""

from __future__ import annotations

import re
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"[A-Z]+ (\S+) HTTP/1\.1\r\n")
_PART_BYTES = 65_536


@dataclass(slots=True)
class CountingRelay:
    """asked: the paths, in their order. wire_bytes: all that the server sent."""

    base_url: str
    asked: list[str] = field(default_factory=list)
    wire_bytes: int = 0

    def reset(self) -> None:
        self.asked.clear()
        self.wire_bytes = 0


@contextmanager
def counting_relay(base_url: str) -> Iterator[CountingRelay]:
    """Listens on a port of this machine, for the server at `base_url`, without TLS."""
    url = urlsplit(base_url)
    server_at = (url.hostname or "", url.port or 80)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = CountingRelay(f"http://127.0.0.1:{listening.getsockname()[1]}")

        def accept() -> None:
            while True:
                try:
                    browser, _ = listening.accept()
                except OSError:  # closed: it is over
                    return
                pump = threading.Thread(target=_pump, args=(browser, server_at, relay), daemon=True)
                pump.start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield relay
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _pump(browser: socket.socket, server_at: tuple[str, int], relay: CountingRelay) -> None:
    try:
        with browser, socket.create_connection(server_at) as server:
            while True:
                for ready in select.select([browser, server], [], [])[0]:
                    part = ready.recv(_PART_BYTES)
                    if not part:
                        return
                    if ready is server:
                        relay.wire_bytes += len(part)
                        browser.sendall(part)
                        continue
                    # A browser sends its next request when it has the answer to the last.
                    if asks := _REQUEST.match(part):
                        relay.asked.append(asks[1].decode())
                    server.sendall(part)
    except OSError:
        return  # one of them has gone
