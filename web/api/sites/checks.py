"""Check: whether a request to a site may go in, as the site's proxy asks about each."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from web.dependencies import RoomCode
from web.middleware.request_id import get_request_id
from web.problems import documented
from web.sites.checks import METHODS, ROUTES

router = APIRouter(tags=["sites"])

_LOCATION = {
    "Location": {
        "description": "The line, or the visitor's address without its pass",
        "schema": {"type": "string"},
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "May go in",
        "headers": {
            name: {"description": about, "required": True, "schema": {"type": "string"}}
            for name, about in (
                ("Waitroom-Member", "The member's id"),
                ("Waitroom-Visit", "The visit's id"),
            )
        },
    },
    302: {"description": "Go to `Location`; the answer may set a cookie", "headers": _LOCATION},
    401: {"description": "As 302: with `?deny=401`, or for a program", "headers": _LOCATION},
    **{
        status: one
        for status, one in documented("no_such_room", "bad_request", "unavailable").items()
        if status != 429
    },
}


async def check(request: Request, code: RoomCode, rest: str = "") -> Response:  # noqa: ARG001
    """Whether the visitor's request may go in, by the pass in its cookie.

    The visitor's address comes in `X-Forwarded-Proto`, `-Host` and `-Uri`, or as `rest`.
    A pass in its query becomes a cookie, once. Answers programs that accept exactly
    `application/json` by the object that Cloudflare's waiting room gives.
    """
    status, headers, body = await request.app.state.checks.answer(
        request.scope, get_request_id(request.scope)
    )
    response = Response(body, status)
    response.raw_headers = headers
    return response


for _route, _after in zip(ROUTES, ("", "_path"), strict=True):
    for _method in METHODS:
        router.add_api_route(
            _route,
            check,
            methods=[_method],
            operation_id=f"check{_after}_{_method.lower()}",
            response_class=Response,
            responses=_ANSWERS,
            status_code=200,
        )
