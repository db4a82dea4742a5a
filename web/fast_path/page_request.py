"""parse_page: a browser's plain request for a page or a form, from a signed-in member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from starlette.requests import cookie_parser
from starlette.types import Scope

from domain.coupon import CODE
from web.auth.cookies import cookie_name
from web.auth.sessions import SESSION_COOKIE
from web.cache.compressed import accepts_gzip
from web.cache.public_page import PERSONAL_PREFIXES
from web.dependencies import is_cross_site
from web.enter_line import TICKETS_KEPT_MAX
from web.i18n import COOKIE as LANGUAGE_COOKIE
from web.i18n import Language, choose_language
from web.middleware.access_log import Call
from web.middleware.request_id import SAID_IN

PageKind = Literal["coupon", "ticket", "fragment", "enter"]
_PATH = re.compile(rf"/(coupons|rooms)/({CODE.pattern})(|/place|/enter)")
_KINDS: dict[tuple[str, str, str], PageKind] = {
    ("GET", "coupons", ""): "coupon",
    ("GET", "rooms", ""): "ticket",
    ("GET", "rooms", "/place"): "fragment",
    ("POST", "rooms", "/enter"): "enter",
}
# The routes under which these requests are counted.
_COUNTED: dict[PageKind, Call] = {
    kind: Call(method, f"/{before}/{{code}}{after}")
    for (method, before, after), kind in _KINDS.items()
}
# By whether browsers use TLS.
_SESSION_COOKIES = {secure: cookie_name(SESSION_COOKIE, secure=secure) for secure in (False, True)}
# Headers that a plain request does not have.
_UNUSUAL = {b"authorization", b"transfer-encoding"}
# What tells where a form comes from, as `is_cross_site` takes it.
_FORM_ORIGIN = (b"sec-fetch-site", b"origin", b"host")
_READ = {
    b"cookie",
    b"content-length",
    b"accept-encoding",
    b"accept-language",
    *_FORM_ORIGIN,
    *_UNUSUAL,
    *SAID_IN,
}
# Longer headers and paths are not cached, which bounds the caches in bytes.
_KEPT_LENGTH_MAX = 64
_PATH_LENGTH_MAX = 128


class ParsedPage(NamedTuple):
    """said: the headers that may hold the request's id."""

    kind: PageKind
    code: str
    cookies: dict[str, str]
    accept_language: str
    takes_gzip: bool
    said: dict[bytes, bytes] | None

    @property
    def language(self) -> Language:
        return choose_language(self.cookies, self.accept_language)

    @property
    def counted(self) -> Call:
        """The route's call."""
        return _COUNTED[self.kind]


def parse_page(scope: Scope, *, secure: bool) -> ParsedPage | None:
    """The parsed request, or None where the framework must handle it."""
    path = scope["path"]
    find = _find_page if len(path) <= _PATH_LENGTH_MAX else _find_page.__wrapped__
    page = find(scope["method"], path)
    if page is None or scope["query_string"]:
        return None
    kind, code = page
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            # Of two headers of a name the framework knows which counts.
            if name in found:
                return None
            found[name] = value
    if b"cookie" not in found or found.get(b"content-length", b"0") != b"0":
        return None
    if not _UNUSUAL.isdisjoint(found):
        return None
    said = {name: found[name] for name in SAID_IN if name in found} or None
    if kind == "enter" and is_cross_site(*(_text(found, name) for name in _FORM_ORIGIN)):
        return None
    cookies = cookie_parser(found[b"cookie"].decode("latin-1"))
    if must_renew(cookies, secure=secure):
        return None
    accept_language = found.get(b"accept-language", b"").decode("latin-1")
    return ParsedPage(kind, code, cookies, accept_language, _takes_gzip(found), said)


@lru_cache(maxsize=1_024)
def _find_page(method: str, path: str) -> tuple[PageKind, str] | None:
    """The page and its room or coupon; cached, as a crowd asks for few rooms."""
    found = _PATH.fullmatch(path)
    kind = _KINDS.get((method, found[1], found[3])) if found else None
    return (kind, found[2]) if found and kind else None


def must_renew(found: Mapping[str, str], *, secure: bool) -> bool:
    """Whether the answer changes cookies besides those of the place, as the framework does.

    These are cookies of the previous release, and the oldest of many tickets.
    """
    if _SESSION_COOKIES[secure] not in found:
        return True
    return secure and (
        len(found) >= TICKETS_KEPT_MAX
        or LANGUAGE_COOKIE in found
        or any(name.startswith(PERSONAL_PREFIXES) for name in found)
    )


def _text(found: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = found.get(name)
    return None if value is None else value.decode("latin-1")


def _takes_gzip(found: Mapping[bytes, bytes]) -> bool:
    """As `web.middleware.compression` decides."""
    header = found.get(b"accept-encoding", b"")
    return b"gzip" in header and (
        _accepts_gzip(header)
        if len(header) <= _KEPT_LENGTH_MAX
        else accepts_gzip(header.decode("latin-1"))
    )


@lru_cache(maxsize=256)
def _accepts_gzip(header: bytes) -> bool:
    return accepts_gzip(header.decode("latin-1"))
