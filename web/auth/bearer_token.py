"""A token from an `Authorization` header, for what answers before the framework."""

from __future__ import annotations

_SCHEME = b"Bearer "


def bearer_token(header: bytes) -> str:
    """The token, as FastAPI's `HTTPBearer` reads it.

    Empty where the framework must decide: no token, another scheme, or another spelling of it.
    """
    if not header.startswith(_SCHEME):
        return ""
    return header[len(_SCHEME) :].decode("latin-1").strip()
