"""Security headers on every answer, and a size limit on every request's body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Answer = Callable[[Request, Exception], Awaitable[Response]]
# Status, headers and body of an answer that is written without the framework.
Headers = list[tuple[bytes, bytes]]
RawResponse = tuple[int, Headers, bytes]

POLICY = "Content-Security-Policy"
HEADERS = {
    "Server": "waitroom",
    POLICY: "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# The same headers for answers without the framework.
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
HSTS = (b"strict-transport-security", b"max-age=31536000")
BODY_WITHIN_S = 20.0
# The scope's key of a GET that was a HEAD, which must change nothing.
WAS_HEAD = "waitroom.was_head"


class SecurityHeaders:
    """Adds HEADERS to every answer, and `no-store` unless it has its own Cache-Control.

    An answer's own Content-Security-Policy applies beside the one of HEADERS: it can only forbid
    more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own_policy = headers.get(POLICY)
                headers.update(HEADERS)
                if own_policy is not None and own_policy != HEADERS[POLICY]:
                    headers.append(POLICY, own_policy)
                # Public answers set their own; any other may be personal.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class OnlyByTls:
    """Adds HSTS for a year (RFC 6797), where `BASE_URL` is https."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_it(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A new list, as cached answers share theirs.
                message = {**message, "headers": [*message["headers"], HSTS]}
            await send(message)

        await self._app(scope, receive, send_with_it if scope["type"] == "http" else send)


class HeadAsGet:
    """Answers HEAD as GET; the server drops the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        # A copy, as the server reads the method from its own scope.
        asked = {**scope, "method": "GET", WAS_HEAD: True}

        async def send_knowing_route(message: Message) -> None:
            scope["route"] = asked.get("route")  # for the request's metrics
            await send(message)

        await self._app(asked, receive, send_knowing_route)


class BodyTooLarge(HTTPException):
    """An HTTPException, as Starlette passes only these through while it reads a body."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(413, f"The request’s body is larger than {bytes_max:,} bytes.")


class BodyTooSlow(HTTPException):
    """An HTTPException for the same reason."""

    def __init__(self) -> None:
        super().__init__(408)


class BodyLimit:
    """Refuses bodies over `bytes_max`, by their declared and their real length, and bodies of which
    a part takes longer than `within_s`.
    """

    def __init__(
        self, app: ASGIApp, bytes_max: int, answer: Answer, within_s: float = BODY_WITHIN_S
    ) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._answer = answer
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._bytes_max:
            response = await self._answer(Request(scope), BodyTooLarge(self._bytes_max))
            await response(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        came, has_more = 0, True

        async def counted() -> Message:
            nonlocal came, has_more
            if not has_more:
                return await receive()  # http.disconnect, which may take any time
            try:
                message = await asyncio.wait_for(receive(), self._within_s)
            except TimeoutError:
                raise BodyTooSlow from None
            has_more = message.get("more_body", False)
            came += len(message.get("body", b""))
            if came > self._bytes_max:
                raise BodyTooLarge(self._bytes_max)
            return message

        return counted
