"""RFC 3339 UTC on the outside, aware datetimes inside."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from domain.unix_time import from_us


@lru_cache(maxsize=4_096)
def rfc3339(time: datetime) -> str:
    """As `2026-05-01T10:00:00Z`, with microseconds where there are any. Batches share theirs."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def rfc3339_us(microseconds: int) -> str:
    """The same as `rfc3339(from_us(...))`, for a crowd whose arrivals share their second."""
    second, fraction = divmod(microseconds, 1_000_000)
    return f"{_second(second)}.{fraction:06d}Z" if fraction else f"{_second(second)}Z"


@lru_cache(maxsize=4_096)
def _second(second: int) -> str:
    return rfc3339(from_us(second * 1_000_000)).removesuffix("Z")


def from_rfc3339(text: str) -> datetime:
    """The time that `rfc3339` wrote."""
    return datetime.fromisoformat(text)
