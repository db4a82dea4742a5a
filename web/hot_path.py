"""Hot path: entering and asking, which is what a crowd does, answered before the framework is.

Routing, dependencies and validation of one request cost FastAPI more than everything that the
answer needs. So what a program sends with a member token is answered here, in one pass over the
request's headers. Whatever is not plainly that (sessions, tickets, bodies, other methods, rooms
nobody knows) goes on to the routes in `web.api.rooms`, which document these calls and answer them
just the same.
"""

from __future__ import annotations

from typing import NamedTuple

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.coupon import is_code
from waitroom.errors import NoSuchRoom
from web.errors import problem_of
from web.parts import WebParts
from web.place_json import PlaceWriter
from web.problems import as_json
from web.security import RAW_HEADERS

log = structlog.get_logger(__name__)

_BEFORE = "/api/rooms/"
_ENTER = "/enter"
_PLACE = "/place"
_BEARER = b"Bearer "
# Headers that make a request more than the plain one.
_UNUSUAL = {b"waitroom-ticket", b"transfer-encoding"}


class Asked(NamedTuple):
    """A plain request: to enter, or else for one's place."""

    enters: bool
    code: str
    token: str


class HotPath:
    """An ASGI application before another one, which gets what isn't plain."""

    def __init__(self, app: ASGIApp, parts: WebParts) -> None:
        self._app = app
        self._line = parts.line
        self._identity = parts.identity
        self._writer = PlaceWriter(
            parts.tickets, secure=parts.secure, cookie_age_max_s=parts.identity.session_age_max_s
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = plainly_asked(scope) if scope["type"] == "http" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        try:
            status, headers, body = await self._answer(asked)
        except NoSuchRoom:
            # Away or unknown? Postgres knows, and is asked behind the office's door.
            await self._app(scope, receive, send)
            return
        except Exception as error:
            problem = problem_of(error)
            if problem.type == "internal":
                log.error("unexpected", path=scope["path"], exc_info=error)
            response = as_json(problem)
            status, body = response.status_code, bytes(response.body)
            headers = [*response.raw_headers, *RAW_HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, asked: Asked) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        member_id = self._identity.member_of(asked.token)
        if asked.enters:
            standing = await self._line.enter(asked.code, member_id)
            return self._writer.entered(standing, asked.code, member_id)
        standing = await self._line.place(asked.code, member_id)
        return self._writer.place(standing, asked.code, member_id)


def plainly_asked(scope: Scope) -> Asked | None:
    """What is asked for, or None where it is for the framework to say."""
    path: str = scope["path"]
    method = scope["method"]
    enters = method == "POST" and path.endswith(_ENTER)
    if not path.startswith(_BEFORE) or not (enters or (method == "GET" and path.endswith(_PLACE))):
        return None
    code = path[len(_BEFORE) : -len(_ENTER)]
    token = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if token is not None or not value.startswith(_BEARER):
                return None
            token = value[len(_BEARER) :].decode("latin-1")
        elif name in _UNUSUAL or (name == b"content-length" and value != b"0"):
            return None
    return Asked(enters, code, token) if token and is_code(code) else None
