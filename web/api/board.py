"""Board API: a room's time series, its whole record, and the list of its issued coupons."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from issuance import audit, offers
from issuance.errors import NoSuchCoupon
from issuance.issued_coupons import write_csv
from waitroom.errors import NoSuchRoom
from waitroom.stats.time_series import SERIES_S_MAX
from web.api.csv_file import send_csv
from web.container import get_container, get_office
from web.dependencies import Admin, CouponCode, RoomCode
from web.problems import documented
from web.room_export import make_record, read_room, series_record
from web.schemas.admin import SeriesOut

router = APIRouter(prefix="/api/admin", tags=["admin"])

_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")


@router.get(
    "/rooms/{code}/series", response_model=SeriesOut, responses=documented(*_ALWAYS, "no_such_room")
)
async def show_series(
    request: Request,
    code: RoomCode,
    _who: Admin,
    seconds: Annotated[int, Query(ge=1, le=SERIES_S_MAX)] = SERIES_S_MAX,
) -> SeriesOut:
    """Counts and latencies of each of the last seconds, up to fifteen minutes."""
    series = await get_container(request).line.series(code, seconds)
    return SeriesOut(room=code, **series_record(series))


@router.get("/rooms/{code}/record", responses=documented(*_ALWAYS, "no_such_room"))
async def show_record(request: Request, code: RoomCode, _who: Admin) -> dict[str, Any]:
    """A room's whole record: coupon, settings, figures, result, series and audit log."""
    parts, office = get_container(request), get_office(request)
    try:
        offer = await office.run(offers.get_offer, parts.engine, code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    known = await read_room(parts.line, code)
    entries = await office.run(
        audit.list_entries, parts.engine, subject=code, at_most=audit.ENTRIES_MAX
    )
    return make_record(offer, known, entries, parts.line_now())


@router.get(
    "/coupons/{code}/issued.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {}}, "description": "RFC 4180, UTF-8, one row per coupon"},
        **documented(*_ALWAYS, "no_such_coupon"),
    },
)
async def show_issued(request: Request, code: CouponCode, _who: Admin) -> StreamingResponse:
    """A consistent list of all who hold this coupon: id, member_id, status, issued_at, used_at.

    One list is written at a time.
    """
    engine = get_container(request).engine
    return await send_csv(request, f"{code}-issued.csv", partial(write_csv, engine, code))
