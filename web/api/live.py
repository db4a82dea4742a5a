"""Live: a member's place as server-sent events, until a final state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from issuance.errors import OfficeAway
from waitroom.errors import LineAway, LineBusy
from web.entrance import ask
from web.problems import Problem
from web.shapes import PlaceOut

BEAT_S = 1.0
KEEP_ALIVE_S = 15.0


class Streams:
    """Counts open streams, so that there is a bound to them."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self.open = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """A seat for one stream. Raises Problem unavailable where all are taken."""
        if self.open >= self._at_most:
            raise Problem(
                "unavailable",
                "Too many pages are open here right now. Ask for your place instead.",
                {"retry_after_s": 5},
            )
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


class PlaceStream(StreamingResponse):
    """Keeps its seat as long as it answers: events that nobody fetches would never free it."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[str], streams: Streams) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.take():
            await super().__call__(scope, receive, send)


async def place_events(
    request: Request, code: str, member_id: str, first: PlaceOut
) -> AsyncIterator[str]:
    """An event for each change; a comment line now and then, so that proxies keep it open."""
    place, clock = first, asyncio.get_running_loop().time
    yield _event(place)
    told_at = clock()
    while place.state in ("waiting", "admitted"):
        await asyncio.sleep(BEAT_S)
        try:
            now = await ask(request, code, member_id)
        except (LineAway, LineBusy, OfficeAway):
            continue
        except Problem:
            return  # no longer in line: the client's next asking says so
        if now != place:
            place, told_at = now, clock()
            yield _event(place)
        elif clock() - told_at > KEEP_ALIVE_S:
            told_at = clock()
            yield ": still here\n\n"


def _event(place: PlaceOut) -> str:
    return f"event: place\ndata: {place.model_dump_json()}\n\n"
