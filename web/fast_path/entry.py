"""FastPath: the entry point of all requests; answers a crowd's plain ones before the framework."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from domain.coupon import is_code
from web.fast_path.calls import FastCalls, ParsedCall, parse_call
from web.fast_path.pages import FastPages
from web.fast_path.too_many_requests import RateLimitedResponses
from web.middleware.access_log import AccessLog, Call
from web.middleware.request_id import find_request_id
from web.problems import Problem
from web.sites.checks import PREFIX, ROUTES, PassChecks


class FastPath:
    """ASGI middleware: begins and ends a plain request, which a handler answers in between.

    app: gets all requests that are not plain, or that no handler answers, and refuses those over
    a limit.
    """

    def __init__(
        self,
        app: RateLimitedResponses,
        calls: FastCalls,
        pages: FastPages,
        checks: PassChecks,
        access_log: AccessLog,
    ) -> None:
        self._app = app
        self._checks = checks
        self._calls = calls
        self._pages = pages
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = None
        if scope["type"] == "http":
            if scope["path"].startswith(PREFIX):
                await self._check(scope, send)
                return
            asked = parse_call(scope) or self._pages.parse(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        opened = self._access_log.begin(scope, asked.said)
        try:
            if isinstance(asked, ParsedCall):
                answer = await self._calls.answer(asked, scope, opened)
            else:
                answer = await self._pages.answer(asked, scope, opened)
        except Problem as problem:  # too_many_requests
            await self._app.refuse(scope, send, problem, asked.code)
            return
        if answer is None:
            await self._app(scope, receive, send)
            return
        status, headers, body = answer
        headers.append(self._access_log.end(opened, asked.counted, status, asked.code))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _check(self, scope: Scope, send: Send) -> None:
        """Answer a site's proxy. Not counted for its address: see `LIMIT_EXCUSES`."""
        opened = self._access_log.begin(scope, find_request_id(scope["headers"]))
        status, headers, body = await self._checks.answer(scope, opened.id)
        method, (code, slash, _) = scope["method"], scope["path"][len(PREFIX) :].partition("/")
        call = Call("GET" if method == "HEAD" else method, ROUTES[bool(slash)])
        room = code if is_code(code) else ""
        headers = [*headers, self._access_log.end(opened, call, status, room)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
