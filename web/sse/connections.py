"""StreamConnections: opens streams, adds each to its room's broadcast, and ends them at shutdown.

A stream costs a suspended coroutine and one small object. One task per room reads and sends.
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

# Streams reconnect after a process ends; random delays spread them.
RETRY_MIN_MS, RETRY_MAX_MS = 1_000, 5_000
FULL_RETRY_S = 5

Headers = list[tuple[bytes, bytes]]

_START = {"type": "http.response.start", "status": 200}
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    # Close the connection after the stream, so that the next one may reach another process.
    (b"connection", b"close"),
    *RAW_HEADERS,
]


class StreamConnections:
    """All streams of this process. on_open_streams: called with the number open at each change."""

    def __init__(
        self,
        line: Line,
        streams_max: int,
        rate_limit: RateLimit,
        *,
        on_open_streams: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._line = line
        self._rate_limit = rate_limit
        self._on_open_streams = on_open_streams
        self._streams_max = streams_max
        self.open = 0
        self._audiences: dict[str, RoomBroadcast] = {}
        self._is_closed = False

    async def follow(
        self,
        code: str,
        member_id: str,
        writer: EventWriter,
        scope: Scope,
        receive: Receive,
        send: Send,
        begin: Callable[[], Headers] = list,
        session: Visitor | None = None,
    ) -> None:
        """Answer with a stream until it ends or the client disconnects.

        begin: called at the start of the answer; returns more headers. session: the request's, if
        any; the stream ends with it.

        Raises, before it sends anything, NoSuchRoom, LineAway, LineBusy, and Problem unavailable,
        too_many_requests or not_in_line.
        """
        self.refuse_if_full()
        with self._rate_limit.stream(scope, member_id):
            await self._follow(code, member_id, writer, scope, receive, send, begin, session)

    async def _follow(
        self,
        code: str,
        member_id: str,
        writer: EventWriter,
        scope: Scope,
        receive: Receive,
        send: Send,
        begin: Callable[[], Headers],
        session: Visitor | None,
    ) -> None:
        self._count(+1)
        try:
            await self._rate_limit.admit_member(scope, member_id)
            stream = await self._opened(code, member_id, writer, send, begin, session)
            del begin
            # The server keeps the scope while the stream is open; headers are most of its memory.
            scope["headers"] = []
            try:
                # The server also sends http.disconnect after the last message.
                while (await receive())["type"] != "http.disconnect":
                    pass
            finally:
                stream.over = True
                self._forget(code, stream)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self.open += more
        self._on_open_streams(self.open)

    def refuse_if_full(self) -> None:
        """Raise Problem unavailable where `streams_max` streams are open."""
        if self.open >= self._streams_max:
            raise Problem(
                "unavailable",
                "Too many streams are open right now. Poll for your place instead.",
                {"retry_after_s": FULL_RETRY_S},
            )

    async def _opened(
        self,
        code: str,
        member_id: str,
        writer: EventWriter,
        send: Send,
        begin: Callable[[], Headers],
        session: Visitor | None,
    ) -> Stream:
        """Open the stream and send its first message.

        A method of its own, so that its locals don't live as long as the stream.
        """
        standing: MemberStatus | None = None
        try:
            standing = await self._line.place(code, member_id)
            if standing.is_missing and writer.arrival_us:
                standing = await self._line.restore(code, member_id, writer.arrival_us)
            if standing.kind == "untold":
                raise LineAway
        except (LineAway, LineBusy):
            unreachable = writer.unreachable(member_id)
            if unreachable is None:
                raise
            message = unreachable
        else:
            message = writer.message(standing, member_id)
        await send({**_START, "headers": [*_HEADERS, *begin()]})
        stream = Stream(send, writer, member_id, session)
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
        """End the streams whose session is over, with a last message to their pages."""
        for audience in list(self._audiences.values()):
            audience.end_sessions(is_over)

    def close(self) -> None:
        """End every stream, as this process is about to stop. A new stream gets one message and the
        time to reconnect; a browser would not reconnect after a refusal."""
        self._is_closed = True
        for audience in list(self._audiences.values()):
            audience.end()
        self._audiences.clear()
