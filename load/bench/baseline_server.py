"""The least that can answer on our server, to hold everything else against.

`python -m load.bench.baseline_server PORT PROCESSES` serves it as the product is served. `/live` is
a stream of an event a second, `/event/N` one of a single event, `/N/STATUS` an answer; N is the
bytes on the wire, its head included. Any other path is answered as a place is.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import cache

from starlette.types import ASGIApp, Receive, Scope, Send

from processes.http.server import end_with_parent, run_server

# About as long as a place.
BODY = b"x" * 400
HEADERS = [(b"content-length", str(len(BODY)).encode()), (b"content-type", b"text/plain")]
EVENT = b"id: %d\nevent: place\ndata: " + BODY + b"\n\n"
EVENT_EVERY_S = 1.0
STREAM_HEADERS = [(b"content-type", b"text/event-stream")]
# What the server adds to our headers in an answer, and in a stream with one chunk.
_HEAD_BYTES, _STREAM_BYTES = 113, 160


async def baseline_app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    path = scope["path"]
    if path == "/live":
        await _events(send)
    elif path.startswith("/event/"):
        await _one_event(int(path[7:]), receive, send)
    else:
        status, headers, body = _answer(path)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@cache
def _answer(path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    size, _, status = path[1:].partition("/")
    if not (size.isdigit() and status.isdigit()):
        return 200, HEADERS, BODY
    body = b"x" * max(0, int(size) - _HEAD_BYTES)
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
    return int(status), headers, body


async def _one_event(size: int, receive: Receive, send: Send) -> None:
    event = b"event: place\ndata: " + b"x" * max(0, size - _STREAM_BYTES) + b"\n\n"
    await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
    await send({"type": "http.response.body", "body": event, "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def _events(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
    while True:
        event = EVENT % (time.time() * 1_000)
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(EVENT_EVERY_S)


def make_app() -> ASGIApp:
    end_with_parent()
    return baseline_app


if __name__ == "__main__":
    run_server(
        "load.bench.baseline_server:make_app",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        processes=int(sys.argv[2]),
    )
