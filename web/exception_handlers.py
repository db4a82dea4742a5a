"""Exception handlers: map each exception to a problem, as JSON or as a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match

from application.change_room import ChangedMeanwhile
from domain.refusals import Refusal, Unavailable
from domain.rfc3339 import rfc3339
from issuance.errors import CodeTaken, NoSuchCoupon, NoSuchIssuedCoupon, NotDirect, OfficeAway
from issuance.planning.errors import NoRoomWithCode, NotOver, RehearsalIsFixed
from issuance.sites.errors import NoSecretsKey, NoSuchSite, NoSuchSiteRoom, SiteCodeTaken
from waitroom.errors import LineAway, LineBusy, NoSuchRoom, NotYourTurn
from waitroom.tokens.ticket import BadTicket
from web.auth.member_tokens import Forbidden, NotSignedIn
from web.auth.token_claims import BadToken
from web.middleware.request_id import get_request_id
from web.middleware.security import (
    HEADERS,
    RAW_HEADERS,
    Answer,
    BodyTooLarge,
    BodyTooSlow,
    Headers,
    RawResponse,
)
from web.middleware.trailing_slash import without_slash
from web.problems import Problem, as_json, sentence

log = structlog.get_logger(__name__)

_PLAIN: dict[type[Exception], str] = {
    NotSignedIn: "not_signed_in",
    Forbidden: "forbidden",
    NoSuchCoupon: "no_such_coupon",
    NoSuchRoom: "no_such_room",
    NoSuchIssuedCoupon: "no_such_issued_coupon",
    CodeTaken: "code_taken",
    NotDirect: "not_direct",
    NoSuchSite: "no_such_site",
    NoSuchSiteRoom: "no_such_room",
    SiteCodeTaken: "code_taken",
    NoSecretsKey: "no_secrets_key",
    NoRoomWithCode: "no_such_room",
    NotOver: "not_over",
    RehearsalIsFixed: "rehearsal_is_fixed",
    NotYourTurn: "not_your_turn",
}
_FOR_PROGRAMS = ("/api/", "/healthz", "/livez", "/readyz", "/metrics", "/.well-known/")
_ANY_ID = "any-id"
_AWAY = (LineAway, LineBusy, OfficeAway)
_HTTP = {404: "not_found", 405: "method_not_allowed"}


def to_problem(error: Exception) -> Problem:
    """The problem for this exception; an unexpected one becomes `internal` without any detail."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, _AWAY):
        return Problem("unavailable", _doc(error), Unavailable().more)
    if isinstance(error, Refusal):
        return refusal_problem(error)
    if isinstance(error, ChangedMeanwhile):
        return Problem("changed_meanwhile", None, {"present": error.present})
    if isinstance(error, BadTicket):
        return Problem("bad_ticket", str(error), {"reason": error.reason})
    if isinstance(error, RequestValidationError):
        return _validation_problem(error)
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, BadToken):
        return Problem("bad_token", str(error), is_for_developers=not error.is_for_member)
    if type(error) in _PLAIN:
        return Problem(_PLAIN[type(error)], sentence(error))
    return Problem("internal")


def _http_problem(error: HTTPException) -> Problem:
    if isinstance(error, BodyTooLarge):
        return Problem("body_too_large", error.detail)
    if isinstance(error, BodyTooSlow):
        return Problem("body_too_slow")
    return Problem(_HTTP.get(error.status_code, "bad_request"))


def refusal_problem(refusal: Refusal) -> Problem:
    more = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in refusal.more.items()
    }
    return Problem(refusal.slug, refusal.detail, more)


def _doc(error: Exception) -> str | None:
    return type(error).__doc__


def _validation_problem(error: RequestValidationError) -> Problem:
    """Name each field and its fault, without repeating the input."""
    errors = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": _what(one)}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors[:5])
    return Problem("bad_request", detail, {"errors": errors})


def _what(error: dict[str, Any]) -> str:
    """The domain's message for one of its rules, else Pydantic's."""
    return str(error["ctx"]["error"] if error["type"] == "value_error" else error["msg"])


def _allowed(app: FastAPI, request: Request) -> set[str]:
    """All methods of this path, collected from its routes (RFC 9110, 15.5.6)."""
    methods: set[str] = set()
    for route in iter_route_contexts(app.routes):
        if route.methods and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods
    return methods | ({"HEAD"} if "GET" in methods else set())


def wants_html(request: Request) -> bool:
    """Whether the answer is a page, which all paths are that are not for programs only."""
    return not request.url.path.startswith(_FOR_PROGRAMS)


def add_error_handlers(app: FastAPI, page: Callable[[Request, Problem], Response]) -> Answer:
    """Answer every exception with its problem, as JSON or as the HTML that `page` renders.

    Returns the handler, for middleware that refuses a request itself.
    """

    async def answer(request: Request, error: Exception) -> Response:
        problem, request_id = to_problem(error), get_request_id(request.scope)
        if problem.type == "not_found" and (elsewhere := without_slash(request)):
            return elsewhere
        response = page(request, problem) if wants_html(request) else as_json(problem, request_id)
        if problem.type == "method_not_allowed":
            response.headers["Allow"] = ", ".join(sorted(_allowed(app, request)))
        if problem.type == "internal":
            log.error(
                "unexpected error", path=request.url.path, request_id=request_id, exc_info=error
            )
            # Starlette answers unexpected errors outside all middleware, so set the headers here.
            response.headers.update(HEADERS)
        return response

    expected = (
        Problem,
        Refusal,
        BadTicket,
        BadToken,
        ChangedMeanwhile,
        RequestValidationError,
        HTTPException,
    )
    for kind in (*expected, *_AWAY, *_PLAIN, Exception):
        app.add_exception_handler(kind, answer)
    return answer


def problem_response(error: Exception, path: str, request_id: str) -> RawResponse:
    """The same answer as the routes' for this exception; logs an unexpected one."""
    problem = to_problem(error)
    if problem.type == "too_many_requests" and problem.detail is None:
        status, headers, before, after = _too_many(problem.more["retry_after_s"])
        body = b"".join((before, request_id.encode(), after))
        return status, [*headers, (b"content-length", str(len(body)).encode())], body
    if problem.type == "internal":
        log.error("unexpected error", path=path, request_id=request_id, exc_info=error)
    response = as_json(problem, request_id)
    return response.status_code, [*response.raw_headers, *RAW_HEADERS], bytes(response.body)


@lru_cache(maxsize=64)
def _too_many(retry_after_s: int) -> tuple[int, Headers, bytes, bytes]:
    """The answer without the request's id, cached: refusing a flood must cost little."""
    problem = Problem("too_many_requests", None, {"retry_after_s": retry_after_s})
    response = as_json(problem, _ANY_ID)
    headers = [one for one in response.raw_headers if one[0] != b"content-length"]
    before, _, after = bytes(response.body).partition(_ANY_ID.encode())
    return response.status_code, [*headers, *RAW_HEADERS], before, after
