"""Status, headers and body of what a crowd is told, written without the framework."""

from __future__ import annotations

from functools import lru_cache

import structlog
from starlette.responses import Response

from application.report_outcomes import issued_json
from issuance.locking.direct_issue import DirectIssue
from waitroom.member_status import MemberStatus
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.auth import cookies
from web.enter_line import set_ticket_cookie
from web.exception_handlers import to_problem
from web.middleware.security import RAW_HEADERS
from web.place_response import is_plain_waiting, make_entered_place, make_place, waiting_json
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
    """Writes places, with the ticket's cookie.

    Somebody who waits is written by hand, as `PlaceOut` would write them: nearly everybody in a
    crowd does. Everybody else is written as the routes do it.
    """

    def __init__(self, tickets: TicketSigner, *, secure: bool, cookie_age_max_s: int) -> None:
        self._tickets = tickets
        self._secure = secure
        self._before_room = cookies.cookie_name("ticket-", secure=secure)
        self._cookie_age_max_s = cookie_age_max_s

    def entered(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """For somebody who has entered. Raises Problem where they were refused."""
        if is_plain_waiting(standing):
            return self._waiting(standing, room, member_id, 202)
        place = make_entered_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._any(place, 200 if place.state == "issued" else 202)

    def place(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """For somebody who asks. Raises Problem not_in_line."""
        if is_plain_waiting(standing):
            return self._waiting(standing, room, member_id, 200)
        place = make_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._any(place, 200)

    def _any(self, place: PlaceOut, status: int) -> RawResponse:
        response = Response(place.model_dump_json())
        set_ticket_cookie(response, place, secure=self._secure, age_max_s=self._cookie_age_max_s)
        cookies = [(name, value) for name, value in response.raw_headers if name == b"set-cookie"]
        body = bytes(response.body)
        return status, [*_PLAIN, *cookies, _length(body)], body

    def _waiting(
        self, standing: MemberStatus, room: str, member_id: str, status: int
    ) -> RawResponse:
        ticket = self._tickets.sign(Ticket(room, member_id, standing.arrival_us))
        body = waiting_json(standing, room, ticket).encode()
        cookie = (
            f"{self._before_room}{room}={ticket}; HttpOnly; Max-Age={self._cookie_age_max_s}; "
            f"Path={'/' if self._secure else f'/rooms/{room}'}; SameSite=lax"
            f"{'; Secure' if self._secure else ''}"
        ).encode()
        return status, [*_PLAIN, (b"set-cookie", cookie), _length(body)], body


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
