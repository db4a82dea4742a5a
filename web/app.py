"""The web application: builds the FastAPI app and the ASGI layers around it."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp, Receive, Scope, Send

from application.listing_cache import ListingCache
from application.offer_cache import OfferCache
from application.office import Office
from domain.sites.site_room import SiteRoom
from issuance.admins import find_account
from issuance.offers import list_offers
from issuance.sites.site_rooms import list_site_rooms
from web.api import (
    admin,
    admin_site_rooms,
    admin_sites,
    autopilot,
    board,
    branding,
    coupons,
    description,
    draw,
    health,
    members,
    my_coupons,
    pass_keys,
    plans,
    reconcile,
    rooms,
)
from web.api.sites import checks, passes, visits
from web.auth.admin_sessions import AdminCache
from web.cache.single_flight import SingleFlightCache
from web.cache.static_files import VersionedFiles
from web.container import WebContainer
from web.exception_handlers import add_error_handlers
from web.fast_path.calls import FastCalls
from web.fast_path.entry import FastPath
from web.fast_path.pages import FastPages
from web.fast_path.too_many_requests import RateLimitedResponses
from web.limits.fair_queue import FairSteps
from web.limits.request_limits import RateLimit
from web.metrics import route as metrics
from web.metrics.enter_latency import EnterLatency
from web.middleware.access_log import (
    AccessLog,
    AccessLogMiddleware,
    Call,
    HttpCounters,
    route_calls,
)
from web.middleware.compression import COMPRESSED_MIN, CompressedResponses
from web.middleware.security import BodyLimit, HeadAsGet, OnlyByTls, SecurityHeaders
from web.office_status import OfficeStatusReader
from web.pages import room_routes as room_pages
from web.pages.admin import audit as admin_audit
from web.pages.admin import autopilot as autopilot_pages
from web.pages.admin import board as board_pages
from web.pages.admin import branding as admin_looks
from web.pages.admin import coupons as admin_coupons
from web.pages.admin import reconcile as reconcile_pages
from web.pages.admin import result as result_pages
from web.pages.admin import signin as admin_signin
from web.pages.admin.planning import plan as plan_pages
from web.pages.admin.sale import comparison as admin_comparison
from web.pages.admin.sale import forecast as admin_forecast
from web.pages.admin.sale import overview as admin_overview
from web.pages.admin.sale.room_figures import RoomFigures
from web.pages.admin.sites import rooms as admin_site_rooms_pages
from web.pages.admin.sites import sites as admin_sites_pages
from web.pages.error_page import problem_page
from web.pages.member import arrival, coupon_files, hand_over, signin
from web.pages.member import branding as brand
from web.pages.member import coupons as coupon_pages
from web.pages.member import draw as draw_pages
from web.pages.member import my_coupons as my_pages
from web.pages.member import place_stream as live_pages
from web.pages.preview import pages as preview_pages
from web.pages.site import claim as claim_pages
from web.problems import ProblemOut
from web.sites.checks import PassChecks
from web.sse.connections import StreamConnections
from web.sse.fast_streams import FastStreams
from web.sse.session_watch import SessionWatch

_API = (
    rooms,
    passes,
    checks,
    visits,
    draw,
    coupons,
    my_coupons,
    admin,
    admin_sites,
    admin_site_rooms,
    plans,
    board,
    branding,
    health,
    members,
    metrics,
    autopilot,
    reconcile,
    pass_keys,
    description,
)
_PAGES = (
    coupon_pages,
    coupon_files,
    room_pages,
    claim_pages,
    brand,
    draw_pages,
    my_pages,
    signin,
    arrival,
    hand_over,
)
_SITES = (admin_sites_pages, admin_site_rooms_pages)
_SALE = (admin_forecast, admin_overview, admin_comparison)
_CONSOLE = (
    admin_signin,
    admin_coupons,
    *_SALE,
    admin_looks,
    admin_audit,
    *_SITES,
)
_PLANNING = (plan_pages, preview_pages)
_BOARD = (board_pages, autopilot_pages, result_pages, reconcile_pages)
_MODULES = (*_API, *_PAGES, *_CONSOLE, *_PLANNING, *_BOARD)
# The routes themselves: FastAPI would rebuild an included router for each application.
ROUTES = [route for module in _MODULES for route in module.router.routes]
STATIC = Call("GET", "/static")
TITLE, VERSION = "Waiting room", "1"
DESCRIPTION = """A virtual waiting room that issues exactly as many coupons as there are.

Errors are `application/problem+json` (RFC 9457). Times are RFC 3339 UTC."""


class Application(FastAPI):
    """FastAPI behind the fast path, as even its outer layers are too slow for a crowd."""

    def __init__(self, parts: WebContainer, office: Office, **fastapi: Any) -> None:
        super().__init__(**fastapi)
        self.state.parts = parts
        self.state.office = office
        self.state.site_rooms = ListingCache[SiteRoom](
            lambda: office.priority.run(list_site_rooms, parts.engine),
            attrgetter("code"),
            attrgetter("room.has_line"),
        )
        self.state.checks = PassChecks(self)
        rate_limit = self.state.rate_limit = RateLimit(
            parts.line.rate_limiter, parts.proxies, parts.limits
        )
        # The processes share these counters, so each must list the same calls in the same order.
        counters = self.state.http_counters = HttpCounters(
            [*route_calls(ROUTES), STATIC], parts.counts_dir
        )
        self.state.streams = StreamConnections(
            parts.line,
            parts.limits.live_streams_max,
            rate_limit,
            on_open_streams=counters.set_open_streams,
        )
        self.state.session_watch = SessionWatch(parts.sessions, parts.line, self.state.streams)
        access_log = AccessLog(counters, logs=parts.log_requests, tracing=parts.tracing)
        framework = AccessLogMiddleware(FairSteps(super().__call__), access_log)
        streams = FastStreams(framework, self, live_pages.make_html_events, access_log)
        limited = RateLimitedResponses(streams, self, rate_limit, access_log)
        self.state.enter_times = EnterLatency(parts.line)
        self.state.office_status = OfficeStatusReader(parts, office.priority, counters)
        calls = FastCalls(parts, office, self.state.enter_times, rate_limit)
        pages = FastPages(self, rate_limit)
        self._hot_path = FastPath(limited, calls, pages, self.state.checks, access_log)
        self._first: ASGIApp = self._hot_path
        if parts.secure:
            self._first = OnlyByTls(self._first)

    # Must be a coroutine function: by this servers distinguish ASGI 3 from ASGI 2.
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._first(scope, receive, send)


def create_app(parts: WebContainer, **fastapi: Any) -> FastAPI:
    """The ASGI application. Extra arguments go to FastAPI (`lifespan`)."""
    office = Office(parts.limits)
    app = Application(
        parts,
        office,
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        openapi_url=None,  # served by `web.api.description`
        docs_url=None,  # its viewer comes from a CDN, which our Content-Security-Policy forbids
        redoc_url=None,
        routes=ROUTES,
        redirect_slashes=False,  # `web.middleware.trailing_slash` redirects
        # FastAPI's spans hold whole URLs, which may contain a token:
        # `web.middleware.access_log` traces instead.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **fastapi,
    )
    app.state.offers = OfferCache(lambda: office.priority.run(list_offers, parts.engine))
    app.state.known_admins = AdminCache(
        lambda name: office.priority.run(find_account, parts.engine, name), parts.admins
    )
    app.state.metrics = SingleFlightCache()
    app.state.room_figures = RoomFigures(parts.line.room_stats)
    app.state.logos = {}
    app.state.room_texts = {}
    answer = add_error_handlers(app, problem_page)
    app.mount("/static", VersionedFiles(), name="static")
    app.add_middleware(BodyLimit, bytes_max=parts.limits.body_bytes_max, answer=answer)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CompressedResponses, minimum_size=COMPRESSED_MIN)
    app.add_middleware(HeadAsGet)
    app.openapi = describe  # type: ignore[method-assign]
    return app


@cache
def describe() -> dict[str, Any]:
    """FastAPI's OpenAPI document, with ProblemOut in place of FastAPI's error schemas."""
    document = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=ROUTES)
    schemas = document["components"]["schemas"]
    schemas["ProblemOut"] = ProblemOut.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document
