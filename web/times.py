"""Times: RFC 3339 UTC on the outside, aware datetimes inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time: datetime) -> str:
    """As `2026-05-01T10:00:00Z`, with microseconds where there are any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_us(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
