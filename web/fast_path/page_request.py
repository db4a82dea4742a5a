"""parse_page: a browser's plain request for a page or a form, from a signed-in member."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from web.i18n import choose_language
from web.middleware.access_log import Call
from web.middleware.request_id import HEADER as REQUEST_ID
from web.middleware.request_id import SAID_IN, TRACEPARENT

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
# What tells where a form comes from, as `is_cross_site` takes it.
_FORM_ORIGIN = (b"sec-fetch-site", b"origin", b"host")
_READ = {
    b"cookie",
    b"content-length",
    b"accept-encoding",
    b"accept-language",
    b"authorization",
    b"transfer-encoding",
    *_FORM_ORIGIN,
    *SAID_IN,
}
# A process caches this many browsers, in at most 20 MB, as a browser that waits sends the same
# headers again and again. Those with longer ones, and longer paths, are not cached.
BROWSERS_KEPT, _KEPT_LENGTH_MAX = 8_192, 1_024
_PATH_LENGTH_MAX = _ENCODINGS_LENGTH_MAX = 128


class Browser(NamedTuple):
    """What a browser's headers say of it. language: its code."""

    cookies: Mapping[str, str]
    language: str
    takes_gzip: bool


class ParsedPage(NamedTuple):
    """headers: by name. said: those that may hold the request's id, among others."""

    kind: PageKind
    code: str
    browser: Browser
    headers: Mapping[bytes, bytes]
    said: Mapping[bytes, bytes] | None

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
    found = _by_name(scope["headers"])
    if found is None or b"cookie" not in found or found.get(b"content-length", b"0") != b"0":
        return None
    if b"authorization" in found or b"transfer-encoding" in found:
        return None
    kind, code = page
    # Most forms say at once that they come from our own page.
    if (
        kind == "enter"
        and found.get(b"sec-fetch-site") != b"same-origin"
        and is_cross_site(*(_text(found, name) for name in _FORM_ORIGIN))
    ):
        return None
    browser = find_browser(
        found[b"cookie"],
        found.get(b"accept-language", b""),
        found.get(b"accept-encoding", b""),
        secure=secure,
    )
    if browser is None:
        return None
    said = found if REQUEST_ID in found or TRACEPARENT in found else None
    return ParsedPage(kind, code, browser, found, said)


def _by_name(sent: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The headers by name; None where one that is read comes twice.

    Of two headers of a name the framework knows which counts.
    """
    found = dict(sent)
    if len(found) < len(sent):
        read = [name for name, _ in sent if name in _READ]
        if len(set(read)) < len(read):
            return None
    return found


def find_browser(
    cookie: bytes, accept_language: bytes, accept_encoding: bytes, *, secure: bool
) -> Browser | None:
    """The browser that sends these headers; None for one whose cookies must be renewed."""
    length = len(cookie) + len(accept_language) + len(accept_encoding)
    find = _read_browser if length <= _KEPT_LENGTH_MAX else _read_browser.__wrapped__
    return find(cookie, accept_language, accept_encoding, secure)


@lru_cache(maxsize=BROWSERS_KEPT)
def _read_browser(
    cookie: bytes, accept_language: bytes, accept_encoding: bytes, secure: bool
) -> Browser | None:
    found = cookie_parser(cookie.decode("latin-1"))
    if must_renew(found, secure=secure):
        return None
    language = choose_language(found, accept_language.decode("latin-1"))
    is_short = len(accept_encoding) <= _ENCODINGS_LENGTH_MAX
    takes_gzip = _takes_gzip if is_short else _takes_gzip.__wrapped__
    return Browser(found, language, takes_gzip(accept_encoding))


@lru_cache(maxsize=256)
def _takes_gzip(accept_encoding: bytes) -> bool:
    """As `web.middleware.compression` decides. Cached, as browsers send a few different ones."""
    return b"gzip" in accept_encoding and accepts_gzip(accept_encoding.decode("latin-1"))


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
