"""Origin: somebody's shop behind the proxy; keeps what came, and answers as it is asked to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FIRST, LAST = b"data: first\n\n", b"data: last\n\n"


@dataclass(frozen=True)
class Seen:
    """A request as it came to the shop. headers: lower-case names; the last of two of a name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Origin:
    """seen: all requests. goes_on: lets an answer of `/stream` end."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    goes_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def open_origin() -> Iterator[Origin]:
    origin = Origin()

    class Handler(_Handler):
        shop = origin

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    origin.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.goes_on.set()
        server.shutdown()
        server.server_close()
        thread.join(20)


class _Handler(BaseHTTPRequestHandler):
    """`/status/404` answers so, `/stream` in two parts, `/socket` as a websocket that echoes."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    shop: Origin

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.shop.seen.append(Seen(self.command, self.path, headers, body))
        path = urlsplit(self.path).path
        if path == "/socket":
            self._echo()
        elif path == "/stream":
            self._stream()
        else:
            self._answer(int(path.removeprefix("/status/")) if "/status/" in path else 200)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "4")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"shop")

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("X-Accel-Buffering", "no")
        self.send_header("Content-Length", str(len(FIRST + LAST)))
        self.end_headers()
        self.wfile.write(FIRST)
        self.shop.goes_on.wait(60)
        self.wfile.write(LAST)

    def _echo(self) -> None:
        """One message is enough: the test asks only whether the proxy lets the upgrade through."""
        if self.headers.get("Upgrade", "").lower() != "websocket":
            self._answer(426)
            return
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        self.wfile.write(self.rfile.read(5))
        self.close_connection = True

    def log_message(self, *_: object) -> None: ...
