"""RFC 3339 UTC on the outside, aware datetimes inside."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4_096)
def rfc3339(time: datetime) -> str:
    """As `2026-05-01T10:00:00Z`, with microseconds where there are any. Batches share theirs."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
