"""RateLimitedResponses: refuses clients over their limits before the framework, by cached answers.

Refusing a flood must be cheap: a page is rendered once for each language and wait.
"""

from __future__ import annotations

from functools import lru_cache, partial

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from web.auth import cookies
from web.auth.admin_sessions import SESSION_COOKIE as ADMIN_COOKIE
from web.auth.token_claims import BadToken
from web.container import WebContainer
from web.dependencies import BY_TOKEN
from web.exception_handlers import problem_response
from web.i18n import find_language
from web.limits.fair_queue import FairQueue, Turn, set_turn
from web.limits.request_limits import OF_NO_MEMBER, RateLimit, is_for_admins, limit_class
from web.middleware.access_log import AccessLog
from web.middleware.request_id import find_request_id
from web.middleware.route_finder import RouteFinder
from web.middleware.security import RAW_HEADERS, RawResponse
from web.pages.error_page import problem_page
from web.problems import Problem
from web.sites.callers import is_site_key

# The page of a refused form repeats the form, but not one with a longer path: pages are cached.
_FORM_LENGTH_MAX = 128
_ADMIN_COOKIE = ADMIN_COOKIE.encode()
# Calls that take a site's API key.
_FOR_SITES = "/api/passes/"


class RateLimitedResponses:
    """ASGI middleware that counts every request.

    For its address before anything is verified, and for its member after a valid session or token.
    A verified admin's request counts for the admin only, so that a flood from their network can't
    lock them out.
    """

    def __init__(
        self, app: ASGIApp, application: FastAPI, rate_limit: RateLimit, access_log: AccessLog
    ) -> None:
        self._app = app
        self._application = application
        self._rate_limit = rate_limit
        self._access_log = access_log
        self._routes = RouteFinder(application)
        self._fair_queue = FairQueue()
        parts: WebContainer = application.state.parts
        self._identity = parts.identity
        self._sessions = parts.sessions
        self._admins = parts.admins
        self._secure = parts.secure
        self._page = lru_cache(maxsize=256)(self._drawn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Begun here, so that its duration includes the wait for its turn.
            self._access_log.begin(scope, find_request_id(scope["headers"]))
            try:
                await self._admit(scope)
            except Problem as problem:
                await self.refuse(scope, send, problem)
                return
        await self._app(scope, receive, send)

    async def refuse(self, scope: Scope, send: Send, problem: Problem, room: str = "") -> None:
        """Answer too_many_requests. room: its code, where it is known."""
        await self._rate_limit.hold_back()
        opened = self._access_log.begin(scope, find_request_id(scope["headers"]))
        status, headers, body = self._answer(scope, problem, opened.id)
        call = self._routes.find_call(scope)
        headers = [*headers, self._access_log.end(opened, call, status, room)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _admit(self, scope: Scope) -> None:
        """Count the request, and wait for its turn. Raises Problem too_many_requests."""
        path = scope["path"]
        share, admin = limit_class(path), ""
        if is_for_admins(path) and _may_be_admins(scope):
            admin = self._admin_in(self._request(scope))
        goes_first = bool(admin) or share == "health"
        turn = partial(self._fair_queue.turn, self._rate_limit.count_key(scope), first=goes_first)
        set_turn(scope, turn)
        if admin:
            await self._rate_limit.admit_admin(scope, admin)
            await _take(turn)
            return
        if path.startswith(_FOR_SITES) and self._is_site(self._request(scope)):
            self._rate_limit.excuse(scope)  # it speaks for all its visitors
        await self._rate_limit.admit_address(scope)
        # The turn comes before a signature is verified, which costs time.
        await _take(turn)
        if share in OF_NO_MEMBER or not (member_id := self._member_in(self._request(scope))):
            return
        if unanswered := self._rate_limit.member_at_once(scope, member_id):
            await unanswered
            # One answer of Redis wakes many requests, so wait for a turn again.
            await _take(turn)

    def _request(self, scope: Scope) -> Request:
        return Request({**scope, "app": self._application})

    def _admin_in(self, request: Request) -> str:
        """The admin's name by a valid token or session; "" without one."""
        if token := _token_in(request):
            return BY_TOKEN.name if self._identity.is_admin(token) else ""
        cookie = cookies.kept(request.cookies, ADMIN_COOKIE)
        found = self._admins.name_in(cookie) if cookie else None
        return found[0] if found else ""

    def _is_site(self, request: Request) -> bool:
        token = _token_in(request)
        return bool(token) and is_site_key(request, token)

    def _member_in(self, request: Request) -> str:
        """The member's id by a valid token or session; "" without one."""
        if token := _token_in(request):
            try:
                return self._identity.find_member(token)
            except BadToken:
                return ""
        visitor = self._sessions.from_cookies(request.cookies, secure=self._secure)
        return visitor.id if visitor else ""

    def _answer(self, scope: Scope, problem: Problem, request_id: str) -> RawResponse:
        path, wait_s = scope["path"], problem.more["retry_after_s"]
        if path.startswith("/api/"):
            return problem_response(problem, path, request_id)
        language = find_language(Request({**scope, "app": self._application}))
        # A page reloads itself; a form's page repeats the form.
        form = path if scope["method"] == "POST" and len(path) <= _FORM_LENGTH_MAX else ""
        return self._page(language.code, wait_s, form)

    def _drawn(self, language: str, wait_s: int, form: str) -> RawResponse:
        """The page of this refusal, without personal content."""
        scope = {
            "type": "http",
            "app": self._application,
            "method": "POST" if form else "GET",
            "path": form or "/",
            "query_string": b"",
            "headers": [(b"accept-language", language.encode())],
        }
        problem = Problem("too_many_requests", None, {"retry_after_s": wait_s})
        response = problem_page(Request(scope), problem)
        headers = [*response.raw_headers, *RAW_HEADERS]
        return response.status_code, headers, bytes(response.body)


async def _take(turn: Turn) -> None:
    if waits := turn():
        await waits


def _may_be_admins(scope: Scope) -> bool:
    """Whether the request may have admin credentials; a cheap check."""
    return any(
        name == b"authorization" or (name == b"cookie" and _ADMIN_COOKIE in value)
        for name, value in scope["headers"]
    )


def _token_in(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
