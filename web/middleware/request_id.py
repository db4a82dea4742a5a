"""Request id: what one request is called in its answer, in a problem, and in every log line of it.

Whoever asks may name it: by `X-Request-Id`, as proxies do, or by the trace id of `traceparent` (W3C
Trace Context, 3.2). Who sends neither, or something that should not stand in a log, is given one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from itertools import count

HEADER = b"x-request-id"
TRACEPARENT = b"traceparent"
SAID_IN = {HEADER, TRACEPARENT}
# Too short to be one, or long enough to be a token: neither is taken.
_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SCOPE = "waitroom.request_id"
_ORIGIN = "waitroom.origin"


class RequestIds:
    """Makes ids that no other process makes, at the cost of counting."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(6)
        self._next = count(1)

    def make(self, said: Mapping[bytes, bytes] | None) -> str:
        """The id that the headers of SAID_IN give this request, or a new one."""
        if said:
            found = _ID.fullmatch(said.get(HEADER, b""))
            if found:
                return found[0].decode()
            found = _TRACEPARENT.fullmatch(said.get(TRACEPARENT, b""))
            if found:
                return found[1].decode()
        # All as long: none is the beginning of another, which `grep` would find too.
        return f"{self._process}-{next(self._next):08x}"


def find_request_id(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Those headers that may name the request."""
    return {name: value for name, value in headers if name in SAID_IN}


def set_request_id(scope: MutableMapping[str, object], request_id: str, origin: str) -> None:
    """origin: by what a member who enters with this request is followed."""
    scope[_SCOPE], scope[_ORIGIN] = request_id, origin


def get_request_id(scope: Mapping[str, object]) -> str:
    """As it was kept; empty where nobody gave it one."""
    return str(scope.get(_SCOPE, ""))


def get_origin(scope: Mapping[str, object]) -> str:
    """As it was kept."""
    return str(scope.get(_ORIGIN, ""))


def find_traceparent(said: Mapping[bytes, bytes] | None) -> str:
    """As it was sent, where it is one; else empty."""
    sent = said.get(TRACEPARENT, b"") if said else b""
    return sent.decode() if _TRACEPARENT.fullmatch(sent) else ""
