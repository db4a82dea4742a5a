"""Room export: a room's coupon, settings, figures, result and audit entries in one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.rfc3339 import rfc3339
from domain.unix_time import from_us
from issuance.audit import AuditEntry
from issuance.offers import Offer
from waitroom.line import Line
from waitroom.stats.room_stats import RoomStats
from waitroom.stats.summary import RoomSummary
from waitroom.stats.time_series import SERIES_S_MAX, TimeSeries, as_record
from web.schemas.admin import AuditOut
from web.schemas.public import CouponOut


async def read_room(line: Line, code: str) -> tuple[RoomStats, RoomSummary, TimeSeries]:
    """The room's figures, summary and series. Raises NoSuchRoom, LineAway."""
    return (
        await line.room_stats(code),
        await line.summary(code),
        await line.series(code, SERIES_S_MAX),
    )


def make_record(
    offer: Offer,
    known: tuple[RoomStats, RoomSummary, TimeSeries],
    entries: Sequence[AuditEntry],
    now: datetime,
) -> dict[str, Any]:
    """The whole document as plain JSON values; the series covers the last 15 minutes."""
    figures, result, series = known
    assert offer.settings is not None, "only coupons with a line have figures"
    return {
        "recorded_at": rfc3339(now),
        "coupon": CouponOut.from_offer(offer, now).model_dump(mode="json"),
        "settings": asdict(offer.settings) | {"version": offer.version},
        "figures": figures.as_record(),
        "result": result.as_record(),
        "series": series_record(series),
        "audit": [AuditOut.from_entry(entry).model_dump(mode="json") for entry in entries],
    }


def series_record(series: TimeSeries) -> dict[str, Any]:
    """The series with its beginning as an RFC 3339 time."""
    arrays = as_record(series)
    begins_at_s = int(arrays.pop("begins_at_s"))
    return {"begins_at": rfc3339(from_us(begins_at_s * 1_000_000)), **arrays}
