"""Members' sign-in: by any name in the demo, by a hand-over link elsewhere; and sign-out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domain.member import BadMemberId, check_member_id
from domain.refusals import Unavailable
from waitroom.errors import LineError
from web.auth.member_tokens import NAME_LENGTH_MAX, TOKEN_LENGTH_MAX, Visitor
from web.container import get_container
from web.dependencies import find_visitor, refuse_cross_site
from web.i18n import Language, find_language, to_translate
from web.pages.error_page import problem_page
from web.pages.form_guard import local_path
from web.pages.member.hand_over import handed_over, signed_in
from web.pages.render import page
from web.problems import Problem
from web.sse.session_watch import get_session_watch

router = APIRouter(include_in_schema=False)

BAD_LENGTH = to_translate("Please use 1 to 128 characters.")
BAD_CHARACTER = to_translate(
    "A name can’t contain “%(character)s”. Use letters, digits and symbols, without spaces, "
    "quotes, < > and \\."
)
ONLY_HERE = to_translate(
    "You are signed out in this browser, but not on your other devices. To sign out there too, "
    "sign in again in a moment, and sign out once more."
)


@router.get("/signin")
async def signin(
    request: Request,
    token: Annotated[str | None, Query(max_length=TOKEN_LENGTH_MAX)] = None,
    next: Annotated[str, Query(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """Sign in by a shop's token, or show the sign-in page."""
    if token is not None:
        return await handed_over(request, token, local_path(next))
    return page(request, "signin.html", next=local_path(next), error=None)


@router.post("/signin")
async def sign_in_with_a_name(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """Sign in by any name in the demo; `not_found` elsewhere."""
    refuse_cross_site(request)
    if not get_container(request).demo:
        raise Problem("not_found")
    name = name.strip()
    try:
        check_member_id(name)
    except BadMemberId as error:
        text = _describe_error(error, find_language(request))
        return page(request, "signin.html", status=422, next=local_path(next), error=text)
    began_us = await get_container(request).line.sessions.begin(name)
    visitor = Visitor(name, name[:NAME_LENGTH_MAX])
    return signed_in(request, visitor, began_us or 0, local_path(next))


@router.get("/signed-in")
async def arrived(
    request: Request,
    next: Annotated[str, Query(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """The first page after signing in: redirects if the browser has kept its cookie."""
    to = local_path(next)
    if find_visitor(request) is None:
        again = "/signin" if get_container(request).demo else ""
        return page(request, "no_cookies.html", status=400, next=to, again=again, for_admin=False)
    return RedirectResponse(to, 303)


@router.post("/signout")
async def sign_out(request: Request) -> Response:
    """End all sessions of the signed-in member, on every device."""
    refuse_cross_site(request)
    parts, who = get_container(request), find_visitor(request)
    response: Response = RedirectResponse("/", 303)
    if who is not None:
        try:
            await get_session_watch(request).sign_out(who)
        except LineError:
            problem = Problem("unavailable", ONLY_HERE, Unavailable().more)
            response = problem_page(request, problem)
    parts.sessions.delete_cookie(response, secure=parts.secure)
    return response


def _describe_error(error: BadMemberId, language: Language) -> str:
    """The sentence for an invalid name."""
    if error.character is None:
        return language.gettext(BAD_LENGTH)
    shown = error.character if error.character.isprintable() else f"U+{ord(error.character):04X}"
    return language.gettext(BAD_CHARACTER, character=shown)
