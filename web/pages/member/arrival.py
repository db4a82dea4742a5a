"""Arrival: the first page after signing in, which takes the place that was asked for before.

No address of a room enters it by GET. This one does, only by an intent that the room's form has
made in this browser, once, and only where a browser navigates to it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from web.auth.intents import EnterIntents
from web.auth.member_tokens import Visitor
from web.container import get_container
from web.dependencies import find_visitor
from web.enter_line import enter, ticket_arrival_us
from web.pages.form_guard import local_path
from web.pages.member.place_cookies import keep_place
from web.pages.member.room import refused_page
from web.pages.navigation import is_followed
from web.pages.render import page
from web.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/signed-in")
async def arrived(
    request: Request,
    next: Annotated[str, Query(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """Enter the room whose form was posted before; else redirect to `next`.

    A browser that has refused the session's cookie gets a page that says so.
    """
    to, parts = local_path(next), get_container(request)
    who = find_visitor(request)
    if who is None:
        again = "/signin" if parts.demo or parts.signin_url else ""
        return page(request, "no_cookies.html", status=400, next=to, again=again, for_admin=False)
    intent = parts.intents.from_cookies(request.cookies)
    if intent is None or not is_followed(request) or to not in _pages_of(intent.room):
        return RedirectResponse(to, 303)
    response = await _enter_once(request, who, intent.room, intent.nonce, to)
    EnterIntents.delete_cookie(response, secure=parts.secure)
    return response


def _pages_of(code: str) -> tuple[str, str]:
    return f"/coupons/{code}", f"/rooms/{code}"


async def _enter_once(request: Request, who: Visitor, code: str, nonce: str, to: str) -> Response:
    """Enter unless the intent was used before. Raises LineAway."""
    parts = get_container(request)
    if not await parts.line.sessions.use_once(nonce):
        return RedirectResponse(to, 303)
    try:
        place = await enter(request, code, who.id, ticket_arrival_us(request, code, who.id))
    except Problem as problem:
        if problem.type in ("challenge_required", "too_many_requests"):
            return RedirectResponse(to, 303)  # its button solves it, or tries again
        return await refused_page(request, code, problem)
    response = RedirectResponse(f"/rooms/{code}", 303)
    keep_place(response, place, parts, request.cookies)
    return response
