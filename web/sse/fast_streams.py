"""FastStreams: answers plain requests for streams before the framework, and passes on the others.

The routes in `web.api.rooms` and `web.pages.member.place_stream` document the same calls and give
the same answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
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
from web.middleware.access_log import AccessLog, Call, OpenRequest
from web.middleware.request_id import find_request_id
from web.sse.connections import StreamConnections
from web.sse.events import EventWriter
from web.sse.json_events import JsonEvents

MakePageWriter = Callable[[Request, str, Visitor], Awaitable[EventWriter]]

_API, _PAGE, _END = "/api/rooms/", "/rooms/", "/live"
_API_CALL, _PAGE_CALL = (Call("GET", f"{before}{{code}}{_END}") for before in (_API, _PAGE))
_CREDENTIALS = {b"authorization", b"waitroom-ticket", b"cookie"}


class ParsedStream(NamedTuple):
    """A plain request for a room's stream, with its credentials."""

    code: str
    is_api: bool
    token: str | None
    ticket: str | None
    cookies: dict[str, str]


class FastStreams:
    """ASGI middleware; `app` gets the requests that are not plain.

    application: the FastAPI app, for code that reads its state from a Request. make_page_writer:
    makes a page's EventWriter for a request, room and visitor.
    """

    def __init__(
        self,
        app: ASGIApp,
        application: FastAPI,
        make_page_writer: MakePageWriter,
        access_log: AccessLog,
    ) -> None:
        self._app = app
        self._access_log = access_log
        self._application = application
        self._make_page_writer = make_page_writer
        parts: WebContainer = application.state.parts
        self._identity = parts.identity
        self._sessions = parts.sessions
        self._secure = parts.secure
        self._tickets = parts.tickets
        self._streams: StreamConnections = application.state.streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parsed = parse_stream(scope) if scope["type"] == "http" else None
        if parsed is None:
            await self._app(scope, receive, send)
            return
        call, code = _API_CALL if parsed.is_api else _PAGE_CALL, parsed.code
        opened = self._access_log.begin(scope, find_request_id(scope["headers"]))
        try:
            member_id, session, writer = await self._authenticate(parsed, scope)
            parsed = None  # free its memory while the stream is open
            await self._streams.follow(
                code,
                member_id,
                writer,
                scope,
                receive,
                send,
                partial(self._begin, opened, call, code),
                session,
            )
        except NoSuchRoom:
            # Unknown, or lost by Redis? The routes ask Postgres.
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["path"].startswith(_PAGE):  # its problems are pages
                await self._app(scope, receive, send)
            else:
                status, headers, body = problem_response(error, scope["path"], opened.id)
                headers += self._begin(opened, call, code, status)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

    def _begin(
        self, opened: OpenRequest, call: Call, code: str, status: int = 200
    ) -> list[tuple[bytes, bytes]]:
        """Log the start of an answer; returns its header with the request's id."""
        return [self._access_log.end(opened, call, status, code)]

    async def _authenticate(
        self, parsed: ParsedStream, scope: Scope
    ) -> tuple[str, Visitor | None, EventWriter]:
        """The member, their session and their writer. Raises NotSignedIn, BadToken, BadTicket."""
        code = parsed.code
        if parsed.is_api:
            member_id, ticket_us, session = self._find_member(parsed)
            return member_id, session, JsonEvents(code, self._tickets, ticket_us)
        visitor = self._sessions.from_cookies(parsed.cookies, secure=self._secure)
        if visitor is None:
            raise NotSignedIn
        request = Request({**scope, "app": self._application})
        return visitor.id, visitor, await self._make_page_writer(request, code, visitor)

    def _find_member(self, parsed: ParsedStream) -> tuple[str, int, Visitor | None]:
        """The member (by the rules of `web.dependencies`), the arrival on their ticket, and their
        session.
        """
        member_id: str | None = None
        session: Visitor | None = None
        if parsed.token is not None:
            member_id = self._identity.find_member(parsed.token)
        elif parsed.cookies:
            session = self._sessions.from_cookies(parsed.cookies, secure=self._secure)
            member_id = session.id if session else None
        if parsed.ticket is not None:
            ticket = self._tickets.verify(parsed.ticket, room=parsed.code)
            if member_id is not None and member_id != ticket.member_id:
                raise OtherMembersTicket
            return ticket.member_id, ticket.arrival_us, session
        if member_id is None:
            raise NotSignedIn
        return member_id, 0, session


def parse_stream(scope: Scope) -> ParsedStream | None:
    """The parsed request, or None where it is not a plain one."""
    path: str = scope["path"]
    if not path.endswith(_END) or scope["method"] != "GET":
        return None
    before = _API if path.startswith(_API) else _PAGE
    code = path[len(before) : -len(_END)]
    if not path.startswith(before) or not is_code(code):
        return None
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _CREDENTIALS:
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
        # An empty header counts as none, as in FastAPI.
        ticket=found.get(b"waitroom-ticket", b"").decode("latin-1") or None,
        cookies=cookie_parser(found.get(b"cookie", b"").decode("latin-1")),
    )
