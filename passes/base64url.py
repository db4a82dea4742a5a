"""base64url without padding, as JWTs and JWKs spell it (RFC 7515, 2)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError unless it is the one spelling of these bytes."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder skips foreign characters and ignores unused bits.
    if to_base64url(raw) != text:
        raise ValueError("not base64url")
    return raw


def from_number(number: int, size: int | None = None) -> str:
    """A number as JWKs have it, big-endian. size: bytes; None: as few as it needs."""
    return to_base64url(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))
