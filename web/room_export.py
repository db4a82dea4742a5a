"""Everything that is known of a room, in one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.rfc3339 import rfc3339
from domain.unix_time import from_us
from issuance.audit import Entry
from issuance.offers import Offer
from waitroom.line import Line
from waitroom.stats.room_stats import Figures
from waitroom.stats.summary import Result
from waitroom.stats.time_series import SERIES_S_MAX, Series, as_record
from web.schemas.admin import AuditOut
from web.schemas.public import CouponOut


async def read_room(line: Line, code: str) -> tuple[Figures, Result, Series]:
    """What the line knows. Raises NoSuchRoom, LineAway."""
    return await line.figures(code), await line.result(code), await line.series(code, SERIES_S_MAX)


def record_of(
    offer: Offer,
    known: tuple[Figures, Result, Series],
    entries: Sequence[Entry],
    now: datetime,
) -> dict[str, Any]:
    """Coupon, settings, figures, what became of all, the last 15 minutes, and who changed what."""
    figures, result, series = known
    assert offer.room is not None, "only coupons with a line have figures"
    return {
        "recorded_at": rfc3339(now),
        "coupon": CouponOut.of(offer, now).model_dump(mode="json"),
        "settings": asdict(offer.room) | {"version": offer.version},
        "figures": figures.as_record(),
        "result": result.as_record(),
        "series": series_record(series),
        "audit": [AuditOut.of(entry).model_dump(mode="json") for entry in entries],
    }


def series_record(series: Series) -> dict[str, Any]:
    """The series with its beginning as a time."""
    arrays = as_record(series)
    begins_at_s = int(arrays.pop("begins_at_s"))
    return {"begins_at": rfc3339(from_us(begins_at_s * 1_000_000)), **arrays}
