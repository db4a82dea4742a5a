"""Security: headers on every answer, and a bound to every request's body."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import Problem

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# The API's own documentation page loads its viewer from elsewhere; we serve the description only.


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses bodies over `bytes_max`, by what they declare and by what really comes."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            declared = dict(scope["headers"]).get(b"content-length", b"0")
            # Raised inside the app, where it becomes the same problem as any other.
            scope["declared_body_bytes"] = int(declared) if declared.isdigit() else 0
            receive = self._counted(scope, receive)
        await self._app(scope, receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        seen = scope["declared_body_bytes"]
        too_large = seen > self._bytes_max
        came = 0

        async def counted() -> Message:
            nonlocal came
            if too_large:
                raise Problem("body_too_large", self._sentence())
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._bytes_max:
                raise Problem("body_too_large", self._sentence())
            return message

        return counted

    def _sentence(self) -> str:
        return f"The request's body is larger than {self._bytes_max:,} bytes."
