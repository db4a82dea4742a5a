"""EventStreamResponse: a stream as the response of a route."""

from __future__ import annotations

from typing import cast

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from web.auth.member_tokens import Visitor
from web.sse.connections import StreamConnections
from web.sse.events import EventWriter


class EventStreamResponse(Response):
    """Opens the stream when the response is sent."""

    media_type = "text/event-stream"

    def __init__(
        self,
        streams: StreamConnections,
        code: str,
        member_id: str,
        writer: EventWriter,
        session: Visitor | None = None,
    ) -> None:
        super().__init__()
        self._streams = streams
        self._code = code
        self._member_id = member_id
        self._writer = writer
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.follow(
            self._code,
            self._member_id,
            self._writer,
            scope,
            receive,
            send,
            session=self._session,
        )


def get_stream_connections(request: Request) -> StreamConnections:
    return cast(StreamConnections, request.app.state.streams)
