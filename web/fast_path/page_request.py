"""parse_page: a browser's plain request for a page or a form, from a signed-in member."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from starlette.types import Scope

from domain.coupon import CODE
from web.cache.compressed import accepts_gzip
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
PAGE_CALLS: dict[PageKind, Call] = {
    kind: Call(method, f"/{before}/{{code}}{after}")
    for (method, before, after), kind in _KINDS.items()
}
# Headers that a plain request does not have.
_UNUSUAL = {b"authorization", b"transfer-encoding"}
_READ = {b"cookie", b"content-length", b"accept-encoding", *_UNUSUAL, *SAID_IN}
# Longer headers are not cached, which bounds the cache in bytes.
_KEPT_LENGTH_MAX = 64


class ParsedPage(NamedTuple):
    """said: the headers that may hold the request's id."""

    kind: PageKind
    code: str
    takes_gzip: bool
    said: dict[bytes, bytes]


def parse_page(scope: Scope) -> ParsedPage | None:
    """The parsed request, or None where the framework must handle it."""
    path = _PATH.fullmatch(scope["path"])
    kind = _KINDS.get((scope["method"], path[1], path[3])) if path else None
    if path is None or kind is None or scope["query_string"]:
        return None
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name not in _READ:
            continue
        # Of two headers of a name the framework knows which counts.
        if name in found or name in _UNUSUAL or (name == b"content-length" and value != b"0"):
            return None
        found[name] = value
    if b"cookie" not in found:
        return None
    accepted = found.get(b"accept-encoding", b"")
    takes = _takes_gzip if len(accepted) <= _KEPT_LENGTH_MAX else _takes_gzip.__wrapped__
    said = {name: value for name, value in found.items() if name in SAID_IN}
    return ParsedPage(kind, path[2], takes(accepted), said)


@lru_cache(maxsize=256)
def _takes_gzip(header: bytes) -> bool:
    """As `web.middleware.compression` decides."""
    return b"gzip" in header and accepts_gzip(header.decode("latin-1"))
