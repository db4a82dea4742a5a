"""Flooder: sends one request again and again on many connections, as cheaply as Python can.

    python flooder.py PORT CONNECTIONS SECONDS PER_S < REQUEST

Each connection sends its next request as soon as the last one is answered; with PER_S above 0 all
of them together send at most so many a second. Prints a JSON object: seconds, and how many answers
had each status; `errors` counts connections that broke, `streams` those left with an open stream.

Imports nothing of the product: it shares the machine with what it floods.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import cast

EVENT_STREAM = b"text/event-stream"
LENGTH = b"content-length: "
RECONNECT_AFTER_S = 0.05


class Connection(asyncio.Protocol):
    """One connection of a flood, which waits at least rest_s between requests."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._left = 0  # bytes of the body still to come
        self._is_chunked = self._is_stream = False
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not derived from it
        self._flood.open.add(self)
        self._send()

    def _send(self) -> None:
        if self._transport is not None and not self._flood.is_over:
            self._sent_at = time.monotonic()
            self._transport.write(self._flood.request)

    def data_received(self, data: bytes) -> None:
        if self._is_stream:
            return
        if self._left:
            self._left -= len(data)
            if self._left <= 0:
                self._left = 0
                self._answered()
            return
        self._buffer += data
        if self._is_chunked:
            self._look_for_last_chunk()
            return
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if end:
            self._read_head(head.lower(), body)

    def _read_head(self, head: bytes, body: bytes) -> None:
        self._flood.statuses[head[9:12].decode()] += 1
        if EVENT_STREAM in head:
            self._is_stream = True
        elif LENGTH in head:
            length = int(head.partition(LENGTH)[2].partition(b"\r\n")[0])
            self._buffer, self._left = b"", max(0, length - len(body))
            if not self._left:
                self._answered()
        elif b"transfer-encoding: chunked" in head:
            self._buffer, self._is_chunked = body, True
            self._look_for_last_chunk()
        else:
            self._answered()

    def _look_for_last_chunk(self) -> None:
        if self._buffer.endswith(b"0\r\n\r\n"):
            self._is_chunked = False
            self._answered()

    def _answered(self) -> None:
        self._buffer = b""
        rest_s = self._sent_at + self._flood.rest_s - time.monotonic()
        if rest_s > 0:
            asyncio.get_running_loop().call_later(rest_s, self._send)
        else:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self._flood.open.discard(self)
        self._transport = None
        if not self._flood.is_over:
            self._flood.broke()

    def close(self) -> bool:
        """Close it. Returns whether a stream was open on it."""
        if self._transport is not None:
            self._transport.abort()
        return self._is_stream


class Flood:
    """request: the bytes to send. rest_s: the least time between requests of a connection."""

    def __init__(self, port: int, request: bytes, rest_s: float) -> None:
        self.request = request
        self.rest_s = rest_s
        self.statuses: Counter[str] = Counter()
        self.open: set[Connection] = set()
        self.is_over = False
        self._port = port
        self._errors = 0

    def broke(self) -> None:
        self._errors += 1
        loop = asyncio.get_running_loop()
        loop.call_later(RECONNECT_AFTER_S, lambda: loop.create_task(self._connect()))

    async def _connect(self) -> None:
        if self.is_over:
            return
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        except OSError:
            self.broke()

    async def run(self, connections: int, seconds: float) -> dict[str, object]:
        began = time.monotonic()
        await asyncio.gather(*(self._connect() for _ in range(connections)))
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
        self.is_over = True
        took_s = time.monotonic() - began
        streams = sum(one.close() for one in list(self.open))
        found = {"seconds": took_s, "errors": self._errors, "streams": streams}
        return {**found, "statuses": dict(self.statuses)}


def main(port: int, connections: int, seconds: float, per_s: float) -> None:
    rest_s = connections / per_s if per_s else 0.0
    flood = Flood(port, sys.stdin.buffer.read(), rest_s)
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    print(json.dumps(run(flood.run(connections, seconds))))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
