"""Converts aware datetimes to whole microseconds since 1970 and back, without rounding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_us(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def to_us(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
