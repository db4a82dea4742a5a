"""PassChecks: answers a site's proxy, which asks about each request whether it may go in.

The proxy passes our answer on where it is not 200. So a browser without a good pass is sent to the
line. A pass in an address becomes a cookie of the site once: a browser that opens the address later
gets none.
"""

from __future__ import annotations

import math
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from starlette.requests import cookie_parser
from starlette.types import Scope

from application.listing_cache import ListingCache
from domain.coupon import is_code
from domain.sites.site_room import SiteRoom
from domain.sites.target_urls import pass_cookie, target_in, without_pass
from passes.claims import PassClaims
from passes.errors import BadPass
from waitroom.errors import LineError, NoSuchRoom
from waitroom.visits.visit import Visit
from web.container import WebContainer
from web.exception_handlers import problem_response
from web.i18n import find_language
from web.middleware.security import RAW_HEADERS, Headers, RawResponse
from web.sites.passes import RoomPasses, room_passes
from web.sites.program_json import JSON, program_json

log = structlog.get_logger(__name__)

PREFIX = "/check/"
# Without and with the visitor's path.
ROUTES = ("/check/{code}", "/check/{code}/{rest:path}")
# A proxy asks with the visitor's own method.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY = "v:nobody"
# No pass is valid for longer.
PASS_KEPT_S = 7 * 24 * 3600
_READ = {
    b"cookie",
    b"host",
    b"accept",
    b"waitroom-pass",
    b"x-forwarded-uri",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-forwarded-method",
}
_NO_STORE: Headers = [(b"cache-control", b"no-store"), *RAW_HEADERS]
_EMPTY: Headers = [(b"content-length", b"0"), *_NO_STORE]


class Check:
    """What a proxy asks about: one request of a visitor to the site."""

    __slots__ = ("_room", "_scope", "_uri", "deny", "found", "given")

    def __init__(self, scope: Scope, room: SiteRoom, rest: str) -> None:
        self._scope = scope
        self._room = room
        self.found = {name: value for name, value in scope["headers"] if name in _READ}
        query: bytes = scope["query_string"]
        uri = self.header(b"x-forwarded-uri")
        self.deny = 401 if uri and query == b"deny=401" else 302
        self._uri, self.given = uri or _uri_of(scope, room.code, rest), ""
        # Most addresses hold no pass, and splitting each would take a while.
        if "waitroom" in self._uri:
            self._uri, self.given = without_pass(self._uri)

    def header(self, name: bytes) -> str:
        value = self.found.get(name)
        return value.decode("latin-1") if value else ""

    @property
    def cookie(self) -> str:
        """The pass in the site's cookie, "" without one."""
        code, text = self._room.code, self.header(b"cookie")
        if pass_cookie(code, is_tls=False) not in text:
            return ""
        found = cookie_parser(text)
        if with_tls := found.get(pass_cookie(code, is_tls=True), ""):
            return with_tls
        # Other hosts of the domain can set this one, so not for a site that has TLS alone.
        has_plain = any(host.startswith("http://") for host in self._room.site.hosts)
        return found.get(pass_cookie(code, is_tls=False), "") if has_plain else ""

    @property
    def url(self) -> str:
        """The visitor's address in the site; "" where it is elsewhere.

        The headers need no trust: whatever they say, the answer leads to the site's own hosts.
        """
        host = self.header(b"x-forwarded-host") or self.header(b"host")
        scheme = self.header(b"x-forwarded-proto") or self._scope.get("scheme", "http")
        hosts = self._room.site.hosts
        # A proxy that ends TLS may not say so.
        for one in (scheme, "https"):
            if found := target_in(hosts, f"{one}://{host}{self._uri}"):
                return found
        return ""

    @property
    def is_read(self) -> bool:
        """Whether the visitor can ask for the address again."""
        return (self.header(b"x-forwarded-method") or self._scope["method"]) in ("GET", "HEAD")


class PassChecks:
    """One per process. application: the FastAPI app."""

    def __init__(self, application: FastAPI) -> None:
        self._application = application
        self._parts: WebContainer = application.state.parts
        self._rooms: ListingCache[SiteRoom] = application.state.site_rooms

    async def answer(self, scope: Scope, request_id: str) -> RawResponse:
        """The answer, also to an error."""
        try:
            return await self._answer(scope)
        except Exception as error:
            return problem_response(error, scope["path"], request_id)

    async def _answer(self, scope: Scope) -> RawResponse:
        code, _, rest = scope["path"][len(PREFIX) :].partition("/")
        if not is_code(code):
            raise NoSuchRoom
        room = self._rooms.known(code) or (await self._rooms.current()).get(code)
        if room is None:
            raise NoSuchRoom
        passes = room_passes(self._parts, room)
        check = Check(scope, room, rest)
        claims = await self._cookie_claims(check, room, passes)
        if claims is not None and not check.given:
            return 200, _allowed(claims), b""
        if claims is not None:
            await self._take(room.code, check.given)  # or somebody else could still open it
            return _redirect(check)
        if check.given and (claims := await self._handed_over(check, room, passes)) is not None:
            return _redirect(check, self._cookie(check, room, claims))
        return await self._denied(scope, check, room)

    async def _cookie_claims(
        self, check: Check, room: SiteRoom, passes: RoomPasses
    ) -> PassClaims | None:
        """Of a good pass in the cookie, or in the header of a program."""
        token = check.header(b"waitroom-pass") or check.cookie
        claims = _verified(passes, token)
        return claims if claims is not None and await self._lives(room.code, claims) else None

    async def _handed_over(
        self, check: Check, room: SiteRoom, passes: RoomPasses
    ) -> PassClaims | None:
        """Of a good pass in the address, which is taken now."""
        claims = _verified(passes, check.given)
        if claims is None or not await self._lives(room.code, claims):
            return None
        return claims if await self._take(room.code, check.given) else None

    async def _take(self, code: str, token: str) -> bool:
        """Whether this pass was not taken from an address before."""
        try:
            return await self._parts.line.visits.used_passes.take(code, token, kept_s=PASS_KEPT_S)
        except LineError:
            return False  # the room's page waits until Redis answers

    async def _lives(self, code: str, claims: PassClaims) -> bool:
        """Whether the visit has not ended. Without Redis a good pass counts until it expires."""
        visits = self._parts.line.visits
        try:
            visit: Visit | None = await visits.find(code, claims.sid)
            if visit is None:
                # Redis has lost it: the pass brings it back.
                visit = await visits.restore(
                    code,
                    claims.sid,
                    claims.sub,
                    claimed_at_us=claims.began_at * 1_000_000,
                    signed_at_us=claims.iat * 1_000_000,
                    ends_at_us=claims.exp * 1_000_000,
                )
        except LineError:
            return True
        return visit is not None and visit.is_inside

    def _cookie(self, check: Check, room: SiteRoom, claims: PassClaims) -> bytes:
        age_s = max(0, math.ceil(claims.exp - self._parts.line.clock.now_s()))
        is_tls = check.url.startswith("https://")
        name, tls = pass_cookie(room.code, is_tls=is_tls), "; Secure" * is_tls
        return (
            f"{name}={check.given}; HttpOnly; Max-Age={age_s}; Path=/; SameSite=lax{tls}".encode()
        )

    async def _denied(self, scope: Scope, check: Check, room: SiteRoom) -> RawResponse:
        url = check.url if check.is_read else ""
        query = f"?{urlencode({'t': url})}" if url else ""
        location = f"{self._parts.base_url}/rooms/{room.code}{query}".encode()
        if check.header(b"accept") != JSON:
            return check.deny, [(b"location", location), *_EMPTY], b""
        status = await self._parts.line.place(room.code, NOBODY)
        request = Request({**scope, "app": self._application})
        body = program_json(status, find_language(request), room.room.settings.size_max)
        headers = [
            (b"location", location),
            (b"content-type", JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            *_NO_STORE,
        ]
        return 401, headers, body


def _uri_of(scope: Scope, code: str, rest: str) -> str:
    """The visitor's path and query, which our own path has where no header has them."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    uri = f"/{path.decode('latin-1').partition(code)[2].removeprefix('/')}" if rest else "/"
    query = scope["query_string"].decode("latin-1")
    return f"{uri}?{query}" if query else uri


def _verified(passes: RoomPasses, token: str) -> PassClaims | None:
    if not token:
        return None
    try:
        return passes.verify(token)
    except BadPass:
        return None


def _allowed(claims: PassClaims) -> Headers:
    return [
        (b"waitroom-member", claims.sub.encode()),
        (b"waitroom-visit", claims.sid.encode()),
        *_EMPTY,
    ]


def _redirect(check: Check, cookie: bytes = b"") -> RawResponse:
    headers = [(b"location", (check.url or "/").encode()), *_EMPTY]
    if cookie:
        headers.append((b"set-cookie", cookie))
    return check.deny, headers, b""
