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
from waitroom.tokens.ticket import OtherMembersTicket
from web.auth.member_tokens import NotSignedIn, Visitor, bearer_token
from web.container import WebContainer
from web.exception_handlers import problem_response
from web.middleware.access_log import AccessLog, Call
from web.middleware.request_id import HEADER, find_request_id
from web.sse.connections import StreamConnections
from web.sse.events import EventWriter
from web.sse.json_events import JsonEvents

PageTeller = Callable[[Request, str, Visitor], Awaitable[EventWriter]]

_API, _PAGE, _END = "/api/rooms/", "/rooms/", "/live"
_API_CALL, _PAGE_CALL = (Call("GET", f"{before}{{code}}{_END}") for before in (_API, _PAGE))
_SAY_WHO = {b"authorization", b"waitroom-ticket", b"cookie"}


class ParsedStream(NamedTuple):
    """A plain request for a room's stream, with whatever says who asks."""

    code: str
    is_api: bool
    token: str | None
    ticket: str | None
    cookies: dict[str, str]


class FastStreams:
    """An ASGI application before another one, which gets what isn't plain.

    application: what a request belongs to, for those who look for its parts. page_teller: what
    tells a page, for this request, room and visitor.
    """

    def __init__(
        self, app: ASGIApp, application: FastAPI, page_teller: PageTeller, watch: AccessLog
    ) -> None:
        self._app = app
        self._watch = watch
        self._application = application
        self._page_teller = page_teller
        parts: WebContainer = application.state.parts
        self._identity = parts.identity
        self._sessions = parts.sessions
        self._secure = parts.secure
        self._tickets = parts.tickets
        self._hub: StreamConnections = application.state.hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_stream(scope) if scope["type"] == "http" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        call, began = _API_CALL if asked.is_api else _PAGE_CALL, perf_counter()
        request_id = self._watch.ids.make(find_request_id(scope["headers"]))
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
                status, headers, body = problem_response(error, scope["path"], request_id)
                headers += self._begin(call, began, request_id, code, status)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

    def _begin(
        self, call: Call, began: float, request_id: str, code: str, status: int = 200
    ) -> list[tuple[bytes, bytes]]:
        """An answer begins; the headers by which it says what its request is called."""
        self._watch.for_call(call)(status, began, request_id, code)
        return [(HEADER, request_id.encode())]

    async def _understood(
        self, asked: ParsedStream, scope: Scope
    ) -> tuple[str, Visitor | None, EventWriter]:
        """Whose place, by which session, told how. Raises NotSignedIn, BadToken, BadTicket."""
        code = asked.code
        if asked.is_api:
            member_id, ticket_us, session = self._find_member(asked)
            return member_id, session, JsonEvents(code, self._tickets, ticket_us)
        visitor = self._sessions.from_cookies(asked.cookies, secure=self._secure)
        if visitor is None:
            raise NotSignedIn
        request = Request({**scope, "app": self._application})
        return visitor.id, visitor, await self._page_teller(request, code, visitor)

    def _find_member(self, asked: ParsedStream) -> tuple[str, int, Visitor | None]:
        """Whose place is asked for, as `web.dependencies` has it, the arrival on their ticket, and
        the session by which they ask.
        """
        member_id: str | None = None
        session: Visitor | None = None
        if asked.token is not None:
            member_id = self._identity.find_member(asked.token)
        elif asked.cookies:
            session = self._sessions.from_cookies(asked.cookies, secure=self._secure)
            member_id = session.id if session else None
        if asked.ticket is not None:
            ticket = self._tickets.verify(asked.ticket, room=asked.code)
            if member_id is not None and member_id != ticket.member_id:
                raise OtherMembersTicket
            return ticket.member_id, ticket.arrival_us, session
        if member_id is None:
            raise NotSignedIn
        return member_id, 0, session


def parse_stream(scope: Scope) -> ParsedStream | None:
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
    return ParsedStream(
        code,
        is_api=before is _API,
        token=token,
        # An empty one is none, as for the framework.
        ticket=found.get(b"waitroom-ticket", b"").decode("latin-1") or None,
        cookies=cookie_parser(found.get(b"cookie", b"").decode("latin-1")),
    )
