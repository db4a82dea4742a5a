"""FastCalls: answers a crowd's plain calls (enter, place, issue) before the framework.

FastAPI's routing, dependencies and validation cost more than the rest of an answer. So a call with
a member token is answered here, in one pass over its headers. Any other request (sessions, bodies,
other methods, unknown rooms, entering with a ticket) goes on to the routes in `web.api`, which
document these calls and give the same answers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import perf_counter
from typing import Literal, NamedTuple

import structlog
from starlette.types import Scope

from application.office import Office
from application.report_outcomes import issued_json
from domain.coupon import CODE
from issuance.locking.direct_issue import DirectIssue
from waitroom.errors import NoSuchRoom
from waitroom.tokens.ticket import OtherMembersTicket
from web.auth.member_tokens import bearer_token
from web.container import WebContainer
from web.exception_handlers import problem_response
from web.limits.request_limits import RateLimit
from web.metrics.enter_latency import EnterLatency
from web.middleware.access_log import Call as CountedCall
from web.middleware.access_log import OpenRequest
from web.middleware.request_id import SAID_IN
from web.middleware.security import RawResponse
from web.place_response import JSON_HEADERS, PlaceWriter
from web.problems import is_too_many
from web.schemas.public import RETRIES

log = structlog.get_logger(__name__)

Call = Literal["enter", "place", "issue"]
# By method, and the path's segments before and after the code.
_CALLS: dict[tuple[str, str, str], Call] = {
    ("POST", "rooms", "enter"): "enter",
    ("GET", "rooms", "place"): "place",
    ("POST", "coupons", "issue"): "issue",
}
_PATH = re.compile(rf"/api/(rooms|coupons)/({CODE.pattern})/(enter|place|issue)")
# The routes under which these calls are counted.
_COUNTED: dict[Call, CountedCall] = {
    call: CountedCall(method, f"/api/{before}/{{code}}/{after}")
    for (method, before, after), call in _CALLS.items()
}
_TICKET = b"waitroom-ticket"
# Headers that a plain request does not have.
_UNUSUAL = {b"waitroom-solution", b"transfer-encoding"}
# All headers that are read.
_READ = {b"authorization", b"content-length", _TICKET, *_UNUSUAL, *SAID_IN}


# Longer paths are not cached, which bounds the cache in bytes.
_KEPT_LENGTH_MAX = 128


class ParsedCall(NamedTuple):
    """A plain call, for a room or a coupon. said: the headers that may hold its request id."""

    call: Call
    code: str
    token: str
    ticket: str | None = None
    said: dict[bytes, bytes] | None = None

    @property
    def counted(self) -> CountedCall:
        """The route's call."""
        return _COUNTED[self.call]


class FastCalls:
    """Answers plain calls."""

    def __init__(
        self, parts: WebContainer, office: Office, times: EnterLatency, rate_limit: RateLimit
    ) -> None:
        self._rate_limit = rate_limit
        self._follows = parts.follows
        self._parts = parts
        self._office = office
        self._times = times
        self._line = parts.line
        self._identity = parts.identity
        self._tickets = parts.tickets
        self._writer = PlaceWriter(
            parts.tickets, secure=parts.secure, cookie_age_max_s=parts.sessions.age_max_s
        )

    async def answer(
        self, asked: ParsedCall, scope: Scope, opened: OpenRequest
    ) -> RawResponse | None:
        """The answer, also to an error; None where the framework must give it.

        Raises Problem too_many_requests.
        """
        try:
            if unanswered := self._rate_limit.address_at_once(scope):
                await unanswered
            member_id = self._identity.find_member(asked.token)
            if unanswered := self._rate_limit.member_at_once(scope, member_id):
                await unanswered
            if asked.call == "enter":
                origin = opened.origin if self._follows else ""
                standing = await self._line.enter(asked.code, member_id, origin)
                self._times.add(asked.code, perf_counter() - opened.began)
                return self._writer.entered(standing, asked.code, member_id)
            if asked.call == "place":
                ticket_us = self._arrival_on(asked.ticket, asked.code, member_id)
                standing = await self._line.place(asked.code, member_id)
                if ticket_us and standing.is_missing:
                    # On the fast path, as a whole crowd returns at once after a loss.
                    standing = await self._line.restore(asked.code, member_id, ticket_us)
                return self._writer.place(standing, asked.code, member_id)
            done = await self._office.run(self._parts.direct.issue, asked.code, member_id)
            return issued_response(done, asked.code)
        except NoSuchRoom:
            return None  # Unknown, or lost by Redis? The routes ask Postgres.
        except Exception as error:
            if is_too_many(error):
                raise
            return problem_response(error, scope["path"], opened.id)

    def _arrival_on(self, text: str | None, code: str, member_id: str) -> int:
        """The ticket's arrival, checked as by `web.dependencies.checked_ticket`; 0 without one.

        Raises a BadTicket.
        """
        if text is None:
            return 0
        ticket = self._tickets.verify(text, room=code)
        if ticket.member_id != member_id:
            raise OtherMembersTicket
        return ticket.arrival_us


def parse_call(scope: Scope) -> ParsedCall | None:
    """The parsed call, or None where the framework must handle the request."""
    path = scope["path"]
    find = _find_call if len(path) <= _KEPT_LENGTH_MAX else _find_call.__wrapped__
    found = find(scope["method"], path)
    if found is None:
        return None
    call, code = found
    token = ticket = said = None
    for name, value in scope["headers"]:
        if name not in _READ:
            continue
        if name == b"authorization":
            if token is not None:
                return None
            token = bearer_token(value)
        elif name == _TICKET:
            if ticket is not None or call != "place":
                return None
            ticket = value.decode("latin-1")
        elif name in SAID_IN:
            said = {**said, name: value} if said else {name: value}
        elif name != b"content-length" or value != b"0":
            return None
    # An empty ticket counts as none, as in FastAPI.
    return ParsedCall(call, code, token, ticket or None, said) if token else None


@lru_cache(maxsize=1_024)
def _find_call(method: str, path: str) -> tuple[Call, str] | None:
    """The call and its room or coupon; cached, as a crowd asks for few rooms."""
    found = _PATH.fullmatch(path)
    call = _CALLS.get((method, found[1], found[3])) if found else None
    return (call, found[2]) if found and call else None


def issued_response(done: DirectIssue, code: str) -> RawResponse:
    """The answer to a direct issue."""
    body = issued_json(done.issued, code).encode()
    retries = RETRIES.lower().encode(), str(done.retries).encode()
    length = b"content-length", str(len(body)).encode()
    return 201 if done.is_new else 200, [*JSON_HEADERS, retries, length], body
