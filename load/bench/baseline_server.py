"""The least that can answer on our server, to hold everything else against.

`python -m load.bench.baseline_server PORT PROCESSES` serves it as the product is served.
"""

from __future__ import annotations

import asyncio
import sys
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from processes.http.server import end_with_parent, run_server

# About as long as a place.
BODY = b"x" * 400
HEADERS = [(b"content-length", str(len(BODY)).encode()), (b"content-type", b"text/plain")]
EVENT = b"id: %d\nevent: place\ndata: " + BODY + b"\n\n"
EVENT_EVERY_S = 1.0


async def baseline_app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/live":
        await _events(send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def _events(send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
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
