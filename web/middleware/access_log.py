"""AccessLog: gives each request an id, counts it, and logs it where the settings say so.

Counting a request is three additions in memory that the processes of a web command share
(`web.middleware.shared_memory`): it costs almost nothing, and the counts outlive a process.

A log line has the request's route, never its path or query, which may contain a token; and nothing
about the client.
"""

from __future__ import annotations

import itertools
import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import structlog
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from web.middleware.request_id import (
    HEADER,
    find_request_id,
    find_traceparent,
    read_sent_id,
    set_request_id,
)
from web.middleware.shared_memory import SharedCounters
from web.middleware.tracing import RequestSpan, Tracing, make_origin

log = structlog.get_logger(__name__)

# The histogram's bounds in seconds.
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")

# Counts one answer: its status, and the seconds from the request to its start.
Count = Callable[[int, float], None]
# Takes an answer's status, perf_counter() at the request, the request's id, and the room or "".
Answered = Callable[[int, float, str, str], None]

# The scope's key for the OpenRequest, so that each request begins once.
_OPEN = "waitroom.open_request"

_STREAMS = 0
_NOW = 1
_TIMES = len(STATUSES)
_SUM_US = _TIMES + len(BOUNDS_S) + 1
_WIDTH = _SUM_US + 1


class Call(NamedTuple):
    """A method and a route's path template, never the requested path."""

    method: str
    route: str


UNMATCHED = Call("other", "unmatched")


@dataclass(frozen=True, slots=True)
class CallTotals:
    """One call's answers by class of status, and their durations.

    times: counts between the bounds of BOUNDS_S, and above the last.
    """

    call: Call
    statuses: dict[str, int]
    times: list[int]
    sum_s: float


class Total(NamedTuple):
    """asked: the calls with at least one request. streams: open now. processes: running."""

    asked: list[CallTotals]
    streams: int
    processes: int


class HttpCounters:
    """Counts in one process, and sums all. All processes need the same calls in the same order."""

    def __init__(self, calls: Iterable[Call], folder: Path | None = None) -> None:
        self.calls = [UNMATCHED, *sorted(set(calls))]
        self._start = {call: _NOW + n * _WIDTH for n, call in enumerate(self.calls)}
        self._counts = SharedCounters(folder, cells=_NOW + len(self.calls) * _WIDTH, now=_NOW)
        self._own = self._counts.own

    def counter(self, call: Call) -> Count:
        """A function that counts an answer to this call, with its cells looked up once."""
        start = self._start.get(call) or self._start[UNMATCHED]
        own, statuses, times, sum_us = self._own, start - 1, start + _TIMES, start + _SUM_US

        def count(status: int, took_s: float) -> None:
            own[statuses + status // 100] += 1
            own[times + bisect_left(BOUNDS_S, took_s)] += 1
            own[sum_us] += int(took_s * 1_000_000)

        return count

    def set_open_streams(self, count: int) -> None:
        """Set the number of open streams in this process."""
        self._own[_STREAMS] = count

    def total(self) -> Total:
        """The sums of all processes."""
        cells, processes = self._counts.total()
        asked = []
        for call, start in self._start.items():
            row = cells[start : start + _WIDTH]
            statuses = {name: row[n] for n, name in enumerate(STATUSES) if row[n]}
            if statuses:
                asked.append(
                    CallTotals(call, statuses, row[_TIMES:_SUM_US], row[_SUM_US] / 1_000_000)
                )
        return Total(asked, cells[_STREAMS], processes)


def route_call(method: str, scope: Scope) -> Call:
    """The call of a routed request. HEAD counts as GET."""
    route = getattr(scope.get("route"), "path", None)
    if route is None and "app_root_path" in scope:  # a mount has no route, only a root path
        route = scope["root_path"].removeprefix(scope["app_root_path"])
    return Call("GET" if method == "HEAD" else method, route or "")


def route_calls(routes: Iterable[BaseRoute]) -> Iterator[Call]:
    """Every call that these routes answer."""
    for route in routes:
        if isinstance(route, Mount):
            yield Call("GET", route.path)
        elif isinstance(route, Route):
            for method in (route.methods or set()) - {"HEAD"}:
                yield Call(method, route.path)


class RequestIds:
    """Makes ids that are unique over all processes, from a random prefix and a counter."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(6)
        self._next = itertools.count(1)

    def make(self, sent: Mapping[bytes, bytes] | None) -> str:
        """The id that the request has, or a new one. sent: as `find_request_id` gives it."""
        if sent and (found := read_sent_id(sent)):
            return found
        # Fixed length, so that no id is the prefix of another, which `grep` would find too.
        return f"{self._process}-{next(self._next):08x}"


class OpenRequest:
    """A request from its beginning to the start of its answer.

    id: as `RequestIds.make` gives it. began: perf_counter(). span: where requests are traced.
    """

    __slots__ = ("began", "id", "span")

    def __init__(self, request_id: str, span: RequestSpan | None) -> None:
        self.id = request_id
        self.span = span
        self.began = perf_counter()

    @property
    def origin(self) -> str:
        """As `make_origin` writes it."""
        return make_origin(self.id, self.span)


class AccessLog:
    """Begins and ends each request. One per process. logs: whether to log each request."""

    def __init__(
        self, counters: HttpCounters, *, logs: bool = False, tracing: Tracing | None = None
    ) -> None:
        self._ids = RequestIds()
        self._tracing = tracing
        self._counters = counters
        make = self._logging if logs else self._counting
        # Known calls only, so that invented methods take no memory.
        self._answered = {call: make(call) for call in counters.calls}

    def begin(self, scope: Scope, sent: Mapping[bytes, bytes] | None) -> OpenRequest:
        """Begin the request, or go on with what an earlier layer has begun.

        sent: as `find_request_id` gives it.
        """
        opened: OpenRequest | None = scope.get(_OPEN)
        if opened is None:
            tracing = self._tracing
            span = tracing.begin(find_traceparent(sent)) if tracing else None
            opened = scope[_OPEN] = OpenRequest(self._ids.make(sent), span)
        return opened

    def end(self, opened: OpenRequest, call: Call, status: int, room: str) -> tuple[bytes, bytes]:
        """Count, log and trace the answer as it starts; returns its header with the request's id.

        room: its code, or "".
        """
        answered = self._answered.get(call) or self._answered[UNMATCHED]
        answered(status, opened.began, opened.id, room)
        if opened.span:
            opened.span.end(call.method, call.route, status, room)
        return HEADER, opened.id.encode()

    def _counting(self, call: Call) -> Answered:
        count = self._counters.counter(call)

        def answered(status: int, began: float, _request_id: str, _room: str) -> None:
            count(status, perf_counter() - began)

        return answered

    def _logging(self, call: Call) -> Answered:
        count = self._counters.counter(call)

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
    """ASGI middleware that logs requests and adds `X-Request-Id` to their answers."""

    def __init__(self, app: ASGIApp, access_log: AccessLog) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, access_log = scope["method"], self._access_log
        opened = access_log.begin(scope, find_request_id(scope["headers"]))
        set_request_id(scope, opened.id, opened.origin)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                call, room = route_call(method, scope), scope.get("path_params", {}).get("code", "")
                ended = access_log.end(opened, call, message["status"], room)
                message = {**message, "headers": [*message.get("headers", ()), ended]}
            await send(message)

        # All log lines of this request have its id.
        with bound_contextvars(request_id=opened.id):
            await self._app(scope, receive, watched)
