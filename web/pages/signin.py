"""Signing in: by a shop's hand-over, or in the demo with any name; and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domain.member import BadMemberId, check_member_id
from web.asking import refuse_cross_site
from web.identity import NAME_LENGTH_MAX, SESSION_COOKIE, TOKEN_LENGTH_MAX, Visitor
from web.languages import Language, keep_switch, language_of, to_translate
from web.pages.forms import local_path
from web.pages.render import page
from web.parts import parts_of
from web.problems import Problem

router = APIRouter(include_in_schema=False)

BAD_LENGTH = to_translate("Please use 1 to 128 characters.")
BAD_CHARACTER = to_translate(
    "A name can't have \u201c%(character)s\u201d in it. Please use letters, digits and signs, "
    "without spaces, quotes, < > and \\."
)


@router.get("/signin")
async def signin(
    request: Request,
    token: Annotated[str | None, Query(max_length=TOKEN_LENGTH_MAX)] = None,
    next: Annotated[str, Query(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """With a member token, a shop hands somebody over; else the page that says how to sign in."""
    if token is not None:
        return _signed_in(request, parts_of(request).identity.read_token(token), next)
    return page(request, "signin.html", next=local_path(next), error=None)


@router.post("/signin")
async def sign_in_with_a_name(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=512)] = "/",  # noqa: A002
) -> Response:
    """In the demo any name will do; elsewhere this door does not exist."""
    refuse_cross_site(request)
    if not parts_of(request).demo:
        raise Problem("not_found")
    name = name.strip()
    try:
        check_member_id(name)
    except BadMemberId as error:
        said = _said(error, language_of(request))
        return page(request, "signin.html", status=422, next=local_path(next), error=said)
    return _signed_in(request, Visitor(name, name[:NAME_LENGTH_MAX]), next)


@router.post("/signout")
async def sign_out(request: Request) -> Response:
    refuse_cross_site(request)
    response = RedirectResponse("/", 303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def _said(error: BadMemberId, language: Language) -> str:
    """Why a name can't be taken."""
    if error.character is None:
        return language.gettext(BAD_LENGTH)
    shown = error.character if error.character.isprintable() else f"U+{ord(error.character):04X}"
    return language.gettext(BAD_CHARACTER, character=shown)


def _signed_in(request: Request, visitor: Visitor, next_path: str) -> Response:
    parts = parts_of(request)
    response = RedirectResponse(local_path(next_path), 303)
    response.set_cookie(
        SESSION_COOKIE,
        parts.identity.session_for(visitor),
        max_age=parts.identity.session_age_max_s,
        path="/",
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )
    keep_switch(request, response, secure=parts.secure)  # a shop may say in which language
    return response
