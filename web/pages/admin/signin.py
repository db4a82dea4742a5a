"""Admins' sign-in, throttled after wrong passwords, and sign-out in one browser or all."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from domain.admin import PASSWORD_LENGTH_MAX
from issuance.admins import AdminAccount, sign_out_everywhere
from web.auth import cookies
from web.auth.admin_sessions import SESSION_COOKIE, may_sign_in
from web.auth.passwords import TooManyAtOnce
from web.container import get_admin_cache, get_container, get_office
from web.dependencies import BY_TOKEN, Admin, refuse_cross_site
from web.i18n import find_language, save_language, to_translate
from web.limits.request_limits import get_rate_limit
from web.pages.form_guard import local_path
from web.pages.render import page

router = APIRouter(prefix="/admin", include_in_schema=False)

WRONG = to_translate("The name or the password is wrong.")
TEXT_MAX = 300
BUSY_WAIT_S = 5


@router.get("/signin")
async def signin(
    request: Request,
    next: Annotated[str, Query(max_length=512)] = "/admin",  # noqa: A002
) -> Response:
    return _form(request, next)


@router.post("/signin")
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    password: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    next: Annotated[str, Form(max_length=512)] = "/admin",  # noqa: A002
) -> Response:
    """The same answer, after the same work, for a wrong name as for a wrong password."""
    refuse_cross_site(request)
    name, attempts = name.strip(), get_container(request).line.login_throttle
    address = get_rate_limit(request).sender(request.scope)
    wait_s = await attempts.start_attempt(name, address)
    if wait_s:
        await get_rate_limit(request).hold_back()
        return _slowed(request, next, name, wait_s)
    account = await get_admin_cache(request).account(name)
    try:
        passwords = get_container(request).admins.passwords
        fits = await passwords.fits(password[:PASSWORD_LENGTH_MAX], account.password_hash)
    except TooManyAtOnce:
        return _slowed(request, next, name, BUSY_WAIT_S)
    if not fits or not may_sign_in(account):
        error = find_language(request).gettext(WRONG)
        return _form(request, next, status=422, name=name, error=error)
    await attempts.reset(name, address)
    return _signed_in(request, account, next)


@router.get("/signed-in")
async def arrived(
    request: Request,
    next: Annotated[str, Query(max_length=512)] = "/admin",  # noqa: A002
) -> Response:
    """The first page after signing in: redirects if the browser has kept its cookie."""
    to = local_path(next)
    if cookies.kept(request.cookies, SESSION_COOKIE) is None:
        again = "/admin/signin"
        return page(request, "no_cookies.html", status=400, next=to, again=again, for_admin=True)
    return RedirectResponse(to, 303)


@router.post("/signout")
async def sign_out(request: Request) -> Response:
    refuse_cross_site(request)
    return _signed_out(request)


@router.post("/signout-everywhere")
async def sign_out_of_everything(request: Request, who: Admin) -> Response:
    """End all sessions of this admin, in every browser within a second."""
    if request.state.admin is not BY_TOKEN:
        parts = get_container(request)
        await get_office(request).run(
            sign_out_everywhere, parts.engine, who, who=who, now=parts.now()
        )
        get_admin_cache(request).forget()
    return _signed_out(request)


def _form(
    request: Request,
    next_path: str,
    *,
    status: int = 200,
    name: str = "",
    error: str | None = None,
) -> Response:
    to = local_path(next_path)
    return page(request, "admin/signin.html", status=status, next=to, typed_name=name, error=error)


def _slowed(request: Request, next_path: str, name: str, wait_s: int) -> Response:
    error = find_language(request).ngettext(
        "Too many attempts. Please try again in a second.",
        "Too many attempts. Please try again in %(count)s seconds.",
        wait_s,
    )
    response = _form(request, next_path, status=429, name=name, error=error)
    response.headers["Retry-After"] = str(wait_s)
    return response


def _signed_in(request: Request, account: AdminAccount, next_path: str) -> Response:
    parts = get_container(request)
    query = urlencode({"next": local_path(next_path)})
    response = RedirectResponse(f"/admin/signed-in?{query}", 303)
    cookies.set_cookie(
        response,
        SESSION_COOKIE,
        parts.admins.session_for(account),
        secure=parts.secure,
        age_max_s=parts.admins.age_max_s,
        samesite="strict",
        by_both_names=True,
    )
    save_language(request, response, secure=parts.secure)
    return response


def _signed_out(request: Request) -> Response:
    response = RedirectResponse("/admin/signin", 303)
    cookies.delete_cookie(response, SESSION_COOKIE, secure=get_container(request).secure)
    return response
