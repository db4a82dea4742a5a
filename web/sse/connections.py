"""Opens streams, brings each to its room's audience, and ends them all when the process stops.

A stream costs a parked coroutine and one small object. What asks and what sends is one task a room.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from waitroom.errors import LineAway, LineBusy
from waitroom.line import Line
from waitroom.member_status import MemberStatus
from web.auth.member_tokens import Visitor
from web.limits.request_limits import RateLimit
from web.middleware.security import RAW_HEADERS
from web.problems import Problem
from web.sse.events import EventWriter
from web.sse.room_broadcast import RoomBroadcast
from web.sse.stream import Stream

# When a process ends, its streams come back: spread out, so that they do not come together.
RETRY_MIN_MS, RETRY_MAX_MS = 1_000, 5_000
FULL_RETRY_S = 5

Headers = list[tuple[bytes, bytes]]

_START = {"type": "http.response.start", "status": 200}
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    # An ended stream gives its connection back: the next one may reach another process.
    (b"connection", b"close"),
    *RAW_HEADERS,
]


class StreamConnections:
    """All streams of this process. streams_are: hears how many are open, at each change."""

    def __init__(
        self,
        line: Line,
        streams_max: int,
        gate: RateLimit,
        *,
        streams_are: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._line = line
        self._gate = gate
        self._streams_are = streams_are
        self._streams_max = streams_max
        self.open = 0
        self._audiences: dict[str, RoomBroadcast] = {}
        self._is_closed = False

    async def follow(
        self,
        code: str,
        member_id: str,
        teller: EventWriter,
        scope: Scope,
        receive: Receive,
        send: Send,
        begin: Callable[[], Headers] = list,
        session: Visitor | None = None,
    ) -> None:
        """Answer with a stream, until it is over or its reader has gone.

        begin: called when the answer begins, for headers that it is to have besides. session: by
        which they ask, with which the stream ends.

        Raises NoSuchRoom, LineAway, LineBusy, and Problem unavailable, too_many_requests or
        not_in_line, all of them before anything is sent.
        """
        self.refuse_if_full()
        with self._gate.stream(scope, member_id):
            await self._follow(code, member_id, teller, scope, receive, send, begin, session)

    async def _follow(
        self,
        code: str,
        member_id: str,
        teller: EventWriter,
        scope: Scope,
        receive: Receive,
        send: Send,
        begin: Callable[[], Headers],
        session: Visitor | None,
    ) -> None:
        self._count(+1)
        try:
            await self._gate.admit_member(scope, member_id)
            stream = await self._opened(code, member_id, teller, send, begin, session)
            del begin
            # The server keeps the scope while it answers, and headers are the most of it.
            scope["headers"] = []
            try:
                # The server says so too once the last message is out.
                while (await receive())["type"] != "http.disconnect":
                    pass
            finally:
                stream.over = True
                self._forget(code, stream)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self.open += more
        self._streams_are(self.open)

    def refuse_if_full(self) -> None:
        """Raises Problem unavailable where all places for streams are taken."""
        if self.open >= self._streams_max:
            raise Problem(
                "unavailable",
                "Too many pages are open here right now. Ask for your place instead.",
                {"retry_after_s": FULL_RETRY_S},
            )

    async def _opened(
        self,
        code: str,
        member_id: str,
        teller: EventWriter,
        send: Send,
        begin: Callable[[], Headers],
        session: Visitor | None,
    ) -> Stream:
        """With the first message under way. What it takes is not kept while the stream is open."""
        standing: MemberStatus | None = None
        try:
            standing = await self._line.place(code, member_id)
            if standing.is_missing and teller.arrival_us:
                standing = await self._line.restore(code, member_id, teller.arrival_us)
            if standing.kind == "untold":
                raise LineAway
        except (LineAway, LineBusy):
            said = teller.unreachable(member_id)
            if said is None:
                raise
            message = said
        else:
            message = teller.message(standing, member_id)
        await send({**_START, "headers": [*_HEADERS, *begin()]})
        stream = Stream(send, teller, member_id, session)
        retry = f"retry: {random.randint(RETRY_MIN_MS, RETRY_MAX_MS)}\n".encode()  # noqa: S311
        is_last = self._is_closed or (standing is not None and standing.phase.is_final)
        stream.send(retry + message, last=is_last)
        if not is_last:
            self._join(code, stream, standing)
        return stream

    def _join(self, code: str, stream: Stream, standing: MemberStatus | None) -> None:
        audience = self._audiences.get(code)
        if audience is None:
            audience = self._audiences[code] = RoomBroadcast(code, self._line)
        audience.join(stream, standing)

    def _forget(self, code: str, stream: Stream) -> None:
        audience = self._audiences.get(code)
        if audience is not None:
            audience.leave(stream)
            if not audience:
                del self._audiences[code]

    def end_sessions(self, is_over: Callable[[Visitor], bool]) -> None:
        """End the streams whose session is over, and tell their pages."""
        for audience in list(self._audiences.values()):
            audience.end_sessions(is_over)

    def close(self) -> None:
        """End every stream: this process is about to stop. Who asks for one hears how it stands and
        when to come back; a browser that is refused would not come back by itself."""
        self._is_closed = True
        for audience in list(self._audiences.values()):
            audience.end()
        self._audiences.clear()
