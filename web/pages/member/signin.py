"""Members' sign-in: at the shop, or by any name in the demo; and sign-out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domain.refusals import Unavailable
from waitroom.errors import LineError
from web.auth.demo_names import BadName, visitor_named
from web.auth.member_tokens import NAME_LENGTH_MAX, TOKEN_LENGTH_MAX
from web.auth.shop_signin import fill_signin_url
from web.container import get_container
from web.dependencies import find_visitor, refuse_cross_site
from web.i18n import COOKIE as LANGUAGE
from web.i18n import find_language, languages, to_translate
from web.pages.error_page import problem_page
from web.pages.form_guard import local_path
from web.pages.member.hand_over import handed_over, signed_in
from web.pages.render import page
from web.problems import Problem
from web.sse.session_watch import get_session_watch

router = APIRouter(include_in_schema=False)

BAD_NAME = to_translate("Please use 1 to %(most)s characters.")
ONLY_HERE = to_translate(
    "You are signed out in this browser, but not on your other devices. To sign out there too, "
    "sign in again in a moment, and sign out once more."
)


@router.get("/signin")
async def signin(
    request: Request,
    token: Annotated[str | None, Query(max_length=TOKEN_LENGTH_MAX)] = None,
    next: Annotated[str, Query(max_length=512)] = "/",  # noqa: A002
    returned: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Sign in by a shop's token, or show the sign-in page.

    returned: "1" where the shop has sent the browser back.
    """
    to = local_path(next)
    if token is not None:
        return await handed_over(request, token, to)
    return _signin_page(request, to, is_back=bool(returned))


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
    try:
        visitor = visitor_named(name)
    except BadName:
        text = find_language(request).gettext(BAD_NAME, most=NAME_LENGTH_MAX)
        return _signin_page(request, local_path(next), error=text)
    began_us = await get_container(request).line.sessions.begin(visitor.id)
    return signed_in(request, visitor, began_us or 0, local_path(next))


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


def _signin_page(request: Request, to: str, *, error: str = "", is_back: bool = False) -> Response:
    return page(
        request,
        "signin.html",
        status=422 if error else 200,
        next=to,
        error=error,
        shop=_address_at_shop(request, to),
        is_back=is_back,
        name_length_max=NAME_LENGTH_MAX,
    )


def _address_at_shop(request: Request, to: str) -> str:
    """The shop's sign-in page, which returns to `/signin` here; "" without SIGNIN_URL or in the
    demo.
    """
    parts = get_container(request)
    if parts.demo or not parts.signin_url:
        return ""
    query = {"next": to, "returned": "1"}
    if (chosen := request.query_params.get(LANGUAGE)) in languages():
        query[LANGUAGE] = str(chosen)
    here = f"{parts.base_url.rstrip('/')}/signin?{urlencode(query)}"
    return fill_signin_url(parts.signin_url, here)
