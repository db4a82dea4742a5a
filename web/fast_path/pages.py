"""FastPages: answers what signed-in members' browsers ask for in a crowd, before the framework.

That is the coupon page, the form that enters, the ticket page and its fragment. The routes in
`web.pages.member` give the same answers, and get every request that is not plain, or that needs
more than a prepared page: no session, a query, a ticket to restore, an error.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from time import perf_counter
from typing import NamedTuple

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from web.auth import cookies
from web.auth.member_tokens import Visitor
from web.auth.sessions import SESSION_COOKIE
from web.cache.compressed import LEVEL
from web.container import WebContainer
from web.dependencies import refuse_cross_site
from web.fast_path.page_request import PAGE_CALLS, ParsedPage, parse_page
from web.fast_path.too_many_requests import RateLimitedResponses
from web.i18n import COOKIE, Language, find_language
from web.limits.request_limits import RateLimit
from web.middleware.access_log import AccessLog
from web.middleware.compression import COMPRESSED_MIN
from web.middleware.request_id import HEADER, find_traceparent
from web.middleware.security import RAW_HEADERS, Headers, RawResponse
from web.middleware.tracing import make_origin
from web.pages.member.page_cache import FRAGMENT, TICKET_PAGE, PreparedPages
from web.pages.member.place_view import PlaceView
from web.pages.member.progress_cookie import read_progress_cookie
from web.pages.member.room import keep_place, refused_page
from web.pages.page_template import FilledPage
from web.place_response import PlaceWriter, make_entered_place, make_place
from web.problems import Problem, is_too_many
from web.schemas.public import PlaceOut

# By room and language.
ROOMS_KEPT_MAX = 256


class _Asked(NamedTuple):
    """A request of a signed-in member. origin: as `make_origin` writes it."""

    parsed: ParsedPage
    request: Request
    member: Visitor
    began: float
    origin: str


class FastPages:
    """ASGI middleware; `limited` gets the requests that are not answered here."""

    def __init__(
        self,
        limited: RateLimitedResponses,
        application: FastAPI,
        rate_limit: RateLimit,
        watch: AccessLog,
    ) -> None:
        self._app = limited
        self._application = application
        self._rate_limit = rate_limit
        self._watch = watch
        self._parts: WebContainer = application.state.parts
        self._follows = self._parts.follows
        self._secure = self._parts.secure
        self._writer = PlaceWriter(
            self._parts.tickets,
            secure=self._secure,
            cookie_age_max_s=self._parts.sessions.age_max_s,
        )
        self._session_name = cookies.cookie_name(SESSION_COOKIE, secure=self._parts.secure)
        self._rooms: dict[tuple[str, str], PreparedPages] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parsed = parse_page(scope) if scope["type"] == "http" else None
        if parsed is None:
            await self._app(scope, receive, send)
            return
        began, tracing = perf_counter(), self._watch.tracing
        request_id = self._watch.ids.make(parsed.said)
        answered = self._watch.for_call(PAGE_CALLS[parsed.kind])
        span = tracing.begin(find_traceparent(parsed.said)) if tracing else None
        origin = make_origin(request_id, span) if self._follows else ""
        try:
            answer = await self._answer(parsed, scope, began, origin)
        except Exception as error:
            if isinstance(error, Problem) and is_too_many(error):
                await self._app.refuse(scope, send, error, began)
                return
            answer = None  # the routes meet it again, and their problems are pages
        if answer is None:
            await self._app(scope, receive, send)
            return
        status, headers, body = answer
        headers.append((HEADER, request_id.encode()))
        answered(status, began, request_id, parsed.code)
        if span:
            span.end(*PAGE_CALLS[parsed.kind], status, parsed.code)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, parsed: ParsedPage, scope: Scope, began: float, origin: str
    ) -> RawResponse | None:
        """The answer; None where the framework must give it."""
        if unanswered := self._rate_limit.address_at_once(scope):
            await unanswered
        request = Request({**scope, "app": self._application})
        found, parts = request.cookies, self._parts
        # Cookies of the previous release are renewed by the framework.
        if self._session_name not in found or (self._secure and COOKIE in found):
            return None
        member = parts.sessions.from_cookies(found, secure=self._secure)
        if member is None:
            return None
        if unanswered := self._rate_limit.member_at_once(scope, member.id):
            await unanswered
        asked = _Asked(parsed, request, member, began, origin)
        if parsed.kind == "enter":
            return await self._enter(asked)
        return await (self._coupon(asked) if parsed.kind == "coupon" else self._place(asked))

    async def _enter(self, asked: _Asked) -> RawResponse | None:
        (_, code, *_), request, member, began, origin = asked
        refuse_cross_site(request)
        if cookies.kept(request.cookies, f"ticket-{code}"):
            return None  # it may restore a place
        standing = await self._parts.line.enter(code, member.id, origin)
        self._application.state.enter_times.add(code, perf_counter() - began)
        tickets = self._parts.tickets
        try:
            place = make_entered_place(standing, room=code, member_id=member.id, tickets=tickets)
        except Problem as problem:
            # Answered here, as entering again would count it again.
            await self._app.take_turn(request.scope)
            return _raw(asked, await refused_page(request, code, problem))
        response = RedirectResponse(f"/rooms/{code}", 303, headers={"Cache-Control": "no-store"})
        keep_place(request, response, place)
        return _raw(asked, response)

    async def _coupon(self, asked: _Asked) -> RawResponse | None:
        code, member = asked.parsed.code, asked.member
        offer = await self._application.state.offers.offer(code)
        place: PlaceOut | None = None
        if offer.room:
            standing = await self._parts.line.place(code, member.id)
            if standing.kind == "untold":
                return None
            if standing.in_line:
                place = make_place(standing, room=code, member_id=member.id, tickets=None)
        pages = self._pages(code, find_language(asked.request))
        found = pages.coupon_page(asked.request, offer, member, place)
        return _filled(asked, pages, *found) if found else None

    async def _place(self, asked: _Asked) -> RawResponse | None:
        parsed, request, member, *_ = asked
        parts, code = self._parts, parsed.code
        offer = await self._application.state.offers.offer(code)
        standing = await parts.line.place(code, member.id)
        if standing.is_missing:
            return None
        language, now = find_language(request), parts.line_now()
        place = make_place(standing, room=code, member_id=member.id, tickets=parts.tickets)
        started_ahead = read_progress_cookie(request.cookies, code)
        view = PlaceView.from_place(
            place,
            now=now,
            started_ahead=started_ahead,
            language=language,
            site_name=offer.branding.name or parts.site_name,
        )
        template = FRAGMENT if parsed.kind == "fragment" else TICKET_PAGE
        pages = self._pages(code, language)
        found = pages.place_page(request, template, offer, member, view)
        if found is None:
            return None
        status, headers, body = _filled(asked, pages, *found)
        headers += self._cookies(request, place, started_ahead)
        return status, headers, body

    def _cookies(self, request: Request, place: PlaceOut, started_ahead: int | None) -> Headers:
        """The ticket's cookie, written directly where no other cookie has to change."""
        is_started = place.ahead is None or (
            started_ahead is not None and place.ahead <= started_ahead
        )
        has_others = self._secure and any("ticket-" in name for name in request.cookies)
        if place.ticket and is_started and not has_others:
            return [(b"set-cookie", self._writer.ticket_cookie(place.room, place.ticket))]
        response = Response()
        keep_place(request, response, place)
        return [one for one in response.raw_headers if one[0] == b"set-cookie"]

    def _pages(self, code: str, language: Language) -> PreparedPages:
        pages = self._rooms.get((code, language.code))
        if pages is None:
            if len(self._rooms) >= ROOMS_KEPT_MAX:
                self._rooms.clear()
            pages = self._rooms[code, language.code] = PreparedPages(language)
        return pages


def _filled(
    asked: _Asked, pages: PreparedPages, page: FilledPage, texts: Mapping[str, str]
) -> RawResponse:
    encoded = page.encode(texts, takes_gzip=asked.parsed.takes_gzip)
    return 200, pages.headers(encoded), encoded.body


def _raw(asked: _Asked, response: Response) -> RawResponse:
    """A response of the framework's, as its middleware would send it."""
    body = bytes(response.body)
    if len(body) >= COMPRESSED_MIN:
        response.headers.add_vary_header("Accept-Encoding")
        if asked.parsed.takes_gzip:
            body = gzip.compress(body, compresslevel=LEVEL)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Length"] = str(len(body))
    return response.status_code, [*response.raw_headers, *RAW_HEADERS], body
