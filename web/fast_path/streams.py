"""Requests for streams, answered before the framework; whatever isn't plain goes on to it.

The routes in `web.api.rooms` and `web.pages.member.place_stream` document the same calls and answer
them just the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import NamedTuple

from fastapi import FastAPI, Request
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.coupon import is_code
from waitroom.errors import NoSuchRoom
from waitroom.tokens.ticket import StrangersTicket
from web.auth.bearer_token import bearer_token
from web.auth.member_tokens import NotSignedIn, Visitor
from web.container import WebParts
from web.fast_path.responses import problem_answer
from web.middleware.access_log import Watch
from web.middleware.http_counters import Call
from web.middleware.request_id import HEADER, said_in
from web.sse.connections import Hub
from web.sse.events import Teller
from web.sse.json_events import JsonTeller

PageTeller = Callable[[Request, str, Visitor], Awaitable[Teller]]

_API, _PAGE, _END = "/api/rooms/", "/rooms/", "/live"
_API_CALL, _PAGE_CALL = (Call("GET", f"{before}{{code}}{_END}") for before in (_API, _PAGE))
_SAY_WHO = {b"authorization", b"waitroom-ticket", b"cookie"}


class Asked(NamedTuple):
    """A plain request for a room's stream, with whatever says who asks."""

    code: str
    is_api: bool
    token: str | None
    ticket: str | None
    cookies: dict[str, str]


class Door:
    """An ASGI application before another one, which gets what isn't plain.

    application: what a request belongs to, for those who look for its parts. page_teller: what
    tells a page, for this request, room and visitor.
    """

    def __init__(
        self, app: ASGIApp, application: FastAPI, page_teller: PageTeller, watch: Watch
    ) -> None:
        self._app = app
        self._watch = watch
        self._application = application
        self._page_teller = page_teller
        parts: WebParts = application.state.parts
        self._identity = parts.identity
        self._sessions = parts.sessions
        self._secure = parts.secure
        self._tickets = parts.tickets
        self._hub: Hub = application.state.hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = plainly_asked(scope) if scope["type"] == "http" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        call, began = _API_CALL if asked.is_api else _PAGE_CALL, perf_counter()
        request_id = self._watch.ids.of(said_in(scope["headers"]))
        code = asked.code
        try:
            member_id, session, teller = await self._understood(asked, scope)
            asked = None  # nothing is kept here while the stream is open: there are many
            await self._hub.follow(
                code,
                member_id,
                teller,
                scope,
                receive,
                send,
                partial(self._begin, call, began, request_id, code),
                session,
            )
        except NoSuchRoom:
            # Away or unknown? Postgres knows, and is asked behind the office's door.
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["path"].startswith(_PAGE):  # its problems are pages
                await self._app(scope, receive, send)
            else:
                status, headers, body = problem_answer(error, scope["path"], request_id)
                headers += self._begin(call, began, request_id, code, status)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

    def _begin(
        self, call: Call, began: float, request_id: str, code: str, status: int = 200
    ) -> list[tuple[bytes, bytes]]:
        """An answer begins; the headers by which it says what its request is called."""
        self._watch.of(call)(status, began, request_id, code)
        return [(HEADER, request_id.encode())]

    async def _understood(self, asked: Asked, scope: Scope) -> tuple[str, Visitor | None, Teller]:
        """Whose place, by which session, told how. Raises NotSignedIn, BadToken, BadTicket."""
        code = asked.code
        if asked.is_api:
            member_id, ticket_us, session = self._member_of(asked)
            return member_id, session, JsonTeller(code, self._tickets, ticket_us)
        visitor = self._sessions.find(asked.cookies, secure=self._secure)
        if visitor is None:
            raise NotSignedIn
        request = Request({**scope, "app": self._application})
        return visitor.id, visitor, await self._page_teller(request, code, visitor)

    def _member_of(self, asked: Asked) -> tuple[str, int, Visitor | None]:
        """Whose place is asked for, as `web.dependencies` has it, the arrival on their ticket, and
        the session by which they ask.
        """
        member_id: str | None = None
        session: Visitor | None = None
        if asked.token is not None:
            member_id = self._identity.member_of(asked.token)
        elif asked.cookies:
            session = self._sessions.find(asked.cookies, secure=self._secure)
            member_id = session.id if session else None
        if asked.ticket is not None:
            ticket = self._tickets.read(asked.ticket, room=asked.code)
            if member_id is not None and member_id != ticket.member_id:
                raise StrangersTicket
            return ticket.member_id, ticket.arrival_us, session
        if member_id is None:
            raise NotSignedIn
        return member_id, 0, session


def plainly_asked(scope: Scope) -> Asked | None:
    """What is asked for, or None where it is for the framework to say."""
    path: str = scope["path"]
    if not path.endswith(_END) or scope["method"] != "GET":
        return None
    before = _API if path.startswith(_API) else _PAGE
    code = path[len(before) : -len(_END)]
    if not path.startswith(before) or not is_code(code):
        return None
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _SAY_WHO:
            if name in found:
                return None
            found[name] = value
        elif name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return None
    authorization = found.get(b"authorization")
    token = bearer_token(authorization) if authorization is not None else None
    if token == "":
        return None
    return Asked(
        code,
        is_api=before is _API,
        token=token,
        # An empty one is none, as for the framework.
        ticket=found.get(b"waitroom-ticket", b"").decode("latin-1") or None,
        cookies=cookie_parser(found.get(b"cookie", b"").decode("latin-1")),
    )
