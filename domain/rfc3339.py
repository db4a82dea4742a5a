"""Formats aware datetimes as RFC 3339 in UTC, for everything that leaves the process."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4_096)
def rfc3339(time: datetime) -> str:
    """As `2026-05-01T10:00:00Z`, with microseconds if any. Cached: all of a batch share a time."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
