"""FastPages: answers what signed-in members' browsers ask for in a crowd, before the framework.

That is the coupon page, the form that enters, the ticket page and its fragment. The routes in
`web.pages.member` give the same answers, and get every request that is not plain, or that needs
more than a prepared page: no session, a query, a ticket to restore, an error.
"""

from __future__ import annotations

from functools import cached_property
from time import perf_counter
from typing import cast

import structlog
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Scope

from application.offer_cache import OfferCache
from issuance.errors import OfficeError
from waitroom.errors import LineError
from waitroom.member_status import MemberStatus
from web.auth import cookies
from web.auth.member_tokens import Visitor
from web.container import WebContainer
from web.enter_line import keep_entry
from web.fast_path.page_request import ParsedPage, parse_page
from web.i18n import Language, get_language
from web.limits.request_limits import RateLimit
from web.metrics.enter_latency import EnterLatency
from web.middleware.access_log import OpenRequest
from web.middleware.security import RAW_HEADERS, Headers, RawResponse
from web.pages.member.page_cache import FRAGMENT, TICKET_PAGE, PreparedPages, SeenPlace
from web.pages.member.place_cookies import keep_place
from web.pages.member.place_text import read_at
from web.pages.member.place_view import PlaceView
from web.pages.member.progress_cookie import (
    progress_to_keep,
    raw_progress_cookie,
    read_progress_cookie,
)
from web.pages.page_template import FilledPage, Texts
from web.place_response import HAS_PLACE, PlaceWriter, make_place
from web.problems import Problem, is_too_many

log = structlog.get_logger(__name__)

# The routes meet these errors again, and answer them by pages.
_LEFT_TO_ROUTES = (Problem, LineError, OfficeError)
# By room and language.
ROOMS_KEPT_MAX = 256
_REDIRECT_HEADERS: Headers = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    *RAW_HEADERS,
]


class FastPages:
    """Answers plain requests for pages. application: the FastAPI app."""

    def __init__(self, application: FastAPI, rate_limit: RateLimit) -> None:
        self._application = application
        self._rate_limit = rate_limit
        self._parts: WebContainer = application.state.parts
        self._secure = self._parts.secure
        self._age_max_s = self._parts.sessions.age_max_s
        self._writer = PlaceWriter(
            self._parts.tickets, secure=self._secure, cookie_age_max_s=self._age_max_s
        )
        self._enter_times: EnterLatency = application.state.enter_times
        self._rooms: dict[tuple[str, str], PreparedPages] = {}

    @cached_property
    def _offers(self) -> OfferCache:
        # By name, Starlette's State searches for it at each use.
        return cast(OfferCache, self._application.state.offers)

    def parse(self, scope: Scope) -> ParsedPage | None:
        """As `parse_page`."""
        return parse_page(scope, secure=self._secure)

    async def answer(
        self, parsed: ParsedPage, scope: Scope, opened: OpenRequest
    ) -> RawResponse | None:
        """The answer; None where the framework must give it, as it does for errors.

        Raises Problem too_many_requests.
        """
        try:
            if unanswered := self._rate_limit.address_at_once(scope, parsed.headers):
                await unanswered
            found = parsed.browser.cookies
            member = self._parts.sessions.from_cookies(found, secure=self._secure)
            if member is None:
                return None
            if unanswered := self._rate_limit.member_at_once(scope, member.id):
                await unanswered
            if parsed.kind == "enter":
                return await self._enter(parsed, scope, member, opened)
            if parsed.kind == "coupon":
                return await self._coupon(parsed, scope, member)
            return await self._place(parsed, scope, member)
        except _LEFT_TO_ROUTES as error:
            if is_too_many(error):
                raise
        except Exception:
            log.exception("unexpected error on the fast path; the framework answers")
        return None

    async def _enter(
        self, parsed: ParsedPage, scope: Scope, member: Visitor, opened: OpenRequest
    ) -> RawResponse | None:
        code = parsed.code
        if cookies.kept(parsed.browser.cookies, f"ticket-{code}"):
            return None  # it may restore a place
        origin = opened.origin if self._parts.follows else ""
        try:
            entered = await self._parts.line.enter(code, member.id, origin)
        except LineError as error:
            keep_entry(scope, error)
            return None
        # Whatever fails from here on, the framework must not enter again: that would count twice.
        keep_entry(scope, entered)
        self._enter_times.add(code, perf_counter() - opened.began)
        if entered.kind not in HAS_PLACE:
            return None  # refusals are pages of the framework
        location = b"location", f"/rooms/{code}".encode()
        started_ahead = read_progress_cookie(parsed.browser.cookies, code)
        changed = self._cookies(parsed, entered, member, started_ahead)
        return 303, [location, *_REDIRECT_HEADERS, *changed], b""

    async def _coupon(
        self, parsed: ParsedPage, scope: Scope, member: Visitor
    ) -> RawResponse | None:
        code, parts = parsed.code, self._parts
        offer = self._offers.known_offer(code) or await self._offers.offer(code)
        place: SeenPlace | None = None
        if offer.room:
            standing = await parts.line.place(code, member.id)
            if standing.kind == "untold":
                return None
            if standing.in_line:
                place = SeenPlace(standing.phase.state, standing.facts.phase.word)
            now = read_at(standing.facts.now_us)
        else:
            now = parts.offer_now(offer)
        pages = self._pages(code, get_language(parsed.browser.language, self._parts.time_zone))
        found = pages.coupon_page(scope, offer, member, place, now)
        return _filled(parsed, pages, *found) if found else None

    async def _place(self, parsed: ParsedPage, scope: Scope, member: Visitor) -> RawResponse | None:
        code, parts = parsed.code, self._parts
        offer = self._offers.known_offer(code) or await self._offers.offer(code)
        site_name = offer.branding.name or parts.site_name
        standing = await parts.line.place(code, member.id)
        if standing.is_missing:
            return None
        now = read_at(standing.facts.now_us)
        language = get_language(parsed.browser.language, self._parts.time_zone)
        place = make_place(standing, room=code, member_id=member.id, tickets=None)
        started_ahead = read_progress_cookie(parsed.browser.cookies, code)
        view = PlaceView.from_place(
            place,
            now=now,
            started_ahead=started_ahead,
            language=language,
            site_name=site_name,
        )
        template = FRAGMENT if parsed.kind == "fragment" else TICKET_PAGE
        pages = self._pages(code, language)
        found = pages.place_page(scope, template, offer, member, view, now)
        if found is None:
            return None
        status, headers, body = _filled(parsed, pages, *found)
        headers += self._cookies(parsed, standing, member, started_ahead)
        return status, headers, body

    def _cookies(
        self, parsed: ParsedPage, standing: MemberStatus, member: Visitor, started_ahead: int | None
    ) -> Headers:
        """The cookies that `keep_place` sets, written directly unless some must be deleted."""
        code, is_waiting = parsed.code, standing.kind == "waiting"
        if not is_waiting and standing.kind != "admitted":
            response = Response()
            place = make_place(standing, room=code, member_id=member.id, tickets=None)
            keep_place(response, place, self._parts, parsed.browser.cookies)
            return [one for one in response.raw_headers if one[0] == b"set-cookie"]
        headers = [self._writer.ticket_header(code, member.id, standing.arrival_us)]
        ahead = standing.known_ahead if is_waiting else None
        if (ahead := progress_to_keep(ahead, started_ahead)) is not None:
            progress = raw_progress_cookie(
                code, ahead, secure=self._secure, age_max_s=self._age_max_s
            )
            headers.append((b"set-cookie", progress))
        return headers

    def _pages(self, code: str, language: Language) -> PreparedPages:
        pages = self._rooms.get((code, language.code))
        if pages is None:
            if len(self._rooms) >= ROOMS_KEPT_MAX:
                self._rooms.clear()
            pages = PreparedPages(self._application, language)
            self._rooms[code, language.code] = pages
        return pages


def _filled(
    parsed: ParsedPage, pages: PreparedPages, page: FilledPage, texts: Texts
) -> RawResponse:
    encoded = page.encode(texts, takes_gzip=parsed.browser.takes_gzip)
    return 200, pages.headers(encoded), encoded.body
