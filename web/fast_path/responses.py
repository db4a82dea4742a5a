"""Status, headers and body of what a crowd is told, written without the framework."""

from __future__ import annotations

from functools import lru_cache

import structlog
from starlette.responses import Response

from application.report_outcomes import issued_json
from issuance.locking.direct_issue import DirectIssue
from waitroom.member_status import MemberStatus
from waitroom.tokens.ticket import TicketSigner
from web.auth import cookies
from web.enter_line import set_ticket_cookie
from web.exception_handlers import to_problem
from web.middleware.security import RAW_HEADERS
from web.place_response import make_entered_place, make_place, place_json
from web.problems import Problem, as_json
from web.schemas.public import RETRIES, PlaceOut

log = structlog.get_logger(__name__)

Headers = list[tuple[bytes, bytes]]
RawResponse = tuple[int, Headers, bytes]

_PLAIN: Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *RAW_HEADERS,
]


_ANY_ID = "any-id"


class PlaceWriter:
    """Writes places, with the ticket's cookie."""

    def __init__(self, tickets: TicketSigner, *, secure: bool, cookie_age_max_s: int) -> None:
        self._tickets = tickets
        self._secure = secure
        self._before_room = cookies.cookie_name("ticket-", secure=secure)
        self._cookie_age_max_s = cookie_age_max_s

    def entered(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """For somebody who has entered. Raises Problem where they were refused."""
        place = make_entered_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._answer(place, 200 if place.state == "issued" else 202)

    def place(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """For somebody who asks. Raises Problem not_in_line."""
        place = make_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._answer(place, 200)

    def _answer(self, place: PlaceOut, status: int) -> RawResponse:
        body = place_json(place)
        return status, [*_PLAIN, (b"set-cookie", self._cookie(place)), _length(body)], body

    def _cookie(self, place: PlaceOut) -> bytes:
        """As `set_ticket_cookie` sets it; by hand where there is a ticket, as for most."""
        if place.ticket is None:
            response = Response()
            set_ticket_cookie(response, place, secure=self._secure, age_max_s=0)
            return next(value for name, value in response.raw_headers if name == b"set-cookie")
        return (
            f"{self._before_room}{place.room}={place.ticket}; HttpOnly; "
            f"Max-Age={self._cookie_age_max_s}; "
            f"Path={'/' if self._secure else f'/rooms/{place.room}'}; SameSite=lax"
            f"{'; Secure' if self._secure else ''}"
        ).encode()


def issued_response(done: DirectIssue, code: str) -> RawResponse:
    """What a direct way gave."""
    body = issued_json(done.issued, code).encode()
    retries = RETRIES.lower().encode(), str(done.retries).encode()
    return 201 if done.is_new else 200, [*_PLAIN, retries, _length(body)], body


def problem_response(error: Exception, path: str, request_id: str) -> RawResponse:
    """The problem that the routes would answer with; what nobody expected is noted down."""
    problem = to_problem(error)
    if problem.type == "too_many_requests" and problem.detail is None:
        status, headers, before, after = _too_many(problem.more["retry_after_s"])
        body = b"".join((before, request_id.encode(), after))
        return status, [*headers, _length(body)], body
    if problem.type == "internal":
        log.error("unexpected", path=path, request_id=request_id, exc_info=error)
    response = as_json(problem, request_id)
    return response.status_code, [*response.raw_headers, *RAW_HEADERS], bytes(response.body)


@lru_cache(maxsize=64)
def _too_many(retry_after_s: int) -> tuple[int, Headers, bytes, bytes]:
    """Written once, for any request's id: a flood must cost less than what it asks for."""
    problem = Problem("too_many_requests", None, {"retry_after_s": retry_after_s})
    response = as_json(problem, _ANY_ID)
    headers = [one for one in response.raw_headers if one[0] != b"content-length"]
    before, _, after = bytes(response.body).partition(_ANY_ID.encode())
    return response.status_code, [*headers, *RAW_HEADERS], before, after


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
