"""Hand-over links: a shop signs a browser in by `/signin?token=...`.

A link may come from another person, be opened twice, be fetched for a preview, or be old. So it
works once, only when a browser navigates to it, and asks before it replaces another member.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from waitroom.errors import LineError
from web.auth.hand_over import HandOver, member_named_in, read_hand_over
from web.auth.member_tokens import TOKEN_LENGTH_MAX, Visitor
from web.auth.token_claims import BadToken
from web.container import get_container
from web.dependencies import find_visitor, refuse_cross_site
from web.exception_handlers import to_problem
from web.i18n import COOKIE as LANGUAGE
from web.i18n import find_language, save_language
from web.pages.error_page import render_problem
from web.pages.form_guard import local_path
from web.pages.navigation import is_followed, is_prefetch
from web.pages.render import page

router = APIRouter(include_in_schema=False)


@router.post("/hand-over")
async def answer_question(
    request: Request,
    token: Annotated[str, Form(max_length=TOKEN_LENGTH_MAX)] = "",
    next: Annotated[str, Form(max_length=512)] = "/",  # noqa: A002
    answer: Annotated[Literal["stay", "change"], Form()] = "stay",
) -> Response:
    """Keep the present session, or sign in as the link's member."""
    refuse_cross_site(request)
    to = local_path(next)
    if answer == "stay":
        return RedirectResponse(to, 303)
    try:
        return await _used_up(request, _read(request, token), to)
    except BadToken as error:
        return _refused(request, error, token, to)


async def handed_over(request: Request, token: str, to: str) -> Response:
    """The answer to a link. to: a path of this site. Raises BadToken, LineAway."""
    if is_prefetch(request):
        # A prefetch must not use the link up. The browser can't cache this error, so it asks again.
        return Response(status_code=503, headers={"Cache-Control": "no-store"})
    who = find_visitor(request)
    try:
        found = _read(request, token)
        if who is not None and who.id != found.visitor.id:
            return _question(request, who, found, token, to)
        if not is_followed(request):
            return _question(request, None, found, token, to)
        return await _used_up(request, found, to)
    except BadToken as error:
        return _refused(request, error, token, to)
    except LineError:
        if who is None:
            raise
        return RedirectResponse(to, 303)


def signed_in(
    request: Request, visitor: Visitor, began_us: int, to: str, until_s: float | None = None
) -> Response:
    """Set the session cookie, and redirect to a page that checks that the browser kept it."""
    parts = get_container(request)
    query = {"next": to}
    if LANGUAGE in request.query_params:
        query[LANGUAGE] = request.query_params[LANGUAGE]  # the shop may choose the language
    response = RedirectResponse(f"/signed-in?{urlencode(query)}", 303)
    session = parts.sessions.begin(visitor, began_us, until_s)
    parts.sessions.set_cookie(response, session, secure=parts.secure)
    save_language(request, response, secure=parts.secure)
    return response


def _read(request: Request, token: str) -> HandOver:
    return read_hand_over(get_container(request).identity, token)


async def _used_up(request: Request, found: HandOver, to: str) -> Response:
    """Sign the browser in. Raises BadToken where the link was used before, LineAway."""
    sessions = get_container(request).line.sessions
    began_us = await sessions.begin(found.visitor.id, found.token_name, kept_s=found.kept_s)
    if began_us is None:
        raise BadToken(
            "This link has already been used. Go back to the shop and follow the link again.",
            is_for_member=True,
        )
    return signed_in(request, found.visitor, began_us, to, found.until_s)


def _refused(request: Request, error: BadToken, token: str, to: str) -> Response:
    """The answer to an invalid link: the present session stays; without one, raises `error`."""
    who = find_visitor(request)
    if who is None:
        raise error
    if member_named_in(token) == who.id:
        return RedirectResponse(to, 303)
    said = render_problem(to_problem(error), find_language(request))
    return _page(request, to, who=_called(who), why=said["detail"], cause=said["cause"])


def _question(
    request: Request, who: Visitor | None, found: HandOver, token: str, to: str
) -> Response:
    called = _called(who) if who else ""
    return _page(request, to, who=called, other=_called(found.visitor), token=token)


def _page(
    request: Request,
    to: str,
    *,
    who: str,
    other: str = "",
    why: str = "",
    cause: str = "",
    token: str = "",
) -> Response:
    return page(
        request,
        "hand_over.html",
        asked=("next", "token"),
        next=to,
        who=who,
        other=other,
        why=why,
        cause=cause,
        token=token,
    )


def _called(visitor: Visitor) -> str:
    """The member's name, with the id where it differs, as two members may share a name."""
    return visitor.id if visitor.name == visitor.id else f"{visitor.name} ({visitor.id})"
