"""What is seen of each request: it is named, counted, and where asked for written down.

The line of a request says its route, never its path or query, in which there may be a token; and
nothing of who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from web.middleware.http_counters import UNMATCHED, Call, HttpCounters, route_call
from web.middleware.request_id import (
    HEADER,
    RequestIds,
    find_request_id,
    find_traceparent,
    set_request_id,
)
from web.middleware.tracing import Tracing, make_origin

log = structlog.get_logger(__name__)


# A status, perf_counter() when the request was read, the request's id, and the room or nothing.
Answered = Callable[[int, float, str, str], None]


class AccessLog:
    """For one process. logs: whether each request is a line in the log."""

    def __init__(
        self, traffic: HttpCounters, *, logs: bool = False, tracing: Tracing | None = None
    ) -> None:
        self.ids = RequestIds()
        self.tracing = tracing
        self._traffic = traffic
        made = self._logging if logs else self._counting
        # Of every call there is: methods that somebody makes up are not remembered.
        self._answered = {call: made(call) for call in traffic.calls}

    def for_call(self, call: Call) -> Answered:
        """What is to be told when an answer to this call begins."""
        return self._answered.get(call) or self._answered[UNMATCHED]

    def _counting(self, call: Call) -> Answered:
        count = self._traffic.counter(call)

        def answered(status: int, began: float, _request_id: str, _room: str) -> None:
            count(status, perf_counter() - began)

        return answered

    def _logging(self, call: Call) -> Answered:
        count = self._traffic.counter(call)

        def answered(status: int, began: float, request_id: str, room: str) -> None:
            took_s = perf_counter() - began
            count(status, took_s)
            log.info(
                "request",
                request_id=request_id,
                method=call.method,
                route=call.route,
                status=status,
                took_ms=round(took_s * 1_000, 1),
                **{"room": room} if room else {},
            )

        return answered


class AccessLogMiddleware:
    """An ASGI application that is watched; its answers say their `X-Request-Id`."""

    def __init__(self, app: ASGIApp, watch: AccessLog) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        method = scope["method"]
        said = find_request_id(scope["headers"])
        request_id = self._watch.ids.make(said)
        tracing = self._watch.tracing
        span = tracing.begin(find_traceparent(said)) if tracing else None
        set_request_id(scope, request_id, make_origin(request_id, span))

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                call, room = route_call(method, scope), scope.get("path_params", {}).get("code", "")
                self._watch.for_call(call)(message["status"], began, request_id, room)
                if span:
                    span.end(call.method, call.route, message["status"], room)
                headers = [*message.get("headers", ()), (HEADER, request_id.encode())]
                message = {**message, "headers": headers}
            await send(message)

        # Whatever is logged on the way says it too.
        with bound_contextvars(request_id=request_id):
            await self._app(scope, receive, watched)
