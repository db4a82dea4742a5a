"""Request id: the id of a request in its answer, its problem, and all its log lines.

A client or proxy may set it: by `X-Request-Id`, or by the trace id of `traceparent` (W3C Trace
Context, 3.2). A request with neither, or with an unsafe value, gets a new id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping

HEADER = b"x-request-id"
TRACEPARENT = b"traceparent"
SAID_IN = {HEADER, TRACEPARENT}
# Shorter values are hardly unique, and longer ones may be tokens.
_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SCOPE = "waitroom.request_id"
_ORIGIN = "waitroom.origin"


def read_sent_id(sent: Mapping[bytes, bytes]) -> str:
    """The id that a client or proxy gave; "" for none. sent: as `find_request_id` gives it."""
    found = _ID.fullmatch(sent.get(HEADER, b""))
    if found:
        return found[0].decode()
    found = _TRACEPARENT.fullmatch(sent.get(TRACEPARENT, b""))
    return found[1].decode() if found else ""


def find_request_id(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers that may hold the request's id."""
    return {name: value for name, value in headers if name in SAID_IN}


def set_request_id(scope: MutableMapping[str, object], request_id: str, origin: str) -> None:
    """origin: as `make_origin` writes it."""
    scope[_SCOPE], scope[_ORIGIN] = request_id, origin


def get_request_id(scope: Mapping[str, object]) -> str:
    """The request's id; "" where none was set."""
    return str(scope.get(_SCOPE, ""))


def get_origin(scope: Mapping[str, object]) -> str:
    """The request's origin (`make_origin`); "" where none was set."""
    return str(scope.get(_ORIGIN, ""))


def find_traceparent(sent: Mapping[bytes, bytes] | None) -> str:
    """The traceparent header, or "" where it is missing or malformed."""
    value = sent.get(TRACEPARENT, b"") if sent else b""
    return value.decode() if _TRACEPARENT.fullmatch(value) else ""
