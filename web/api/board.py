"""Board: a room's last minutes, and what is kept of it afterwards, for programs."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from issuance import audit, catalogue
from issuance.errors import NoSuchCoupon
from issuance.ledger import write_csv
from waitroom.errors import NoSuchRoom
from waitroom.series import SERIES_S_MAX
from web.asking import Admin, CouponCode, RoomCode
from web.parts import office_of, parts_of
from web.problems import Problem, documented
from web.record import read_room, record_of, series_record
from web.shapes import SeriesOut

router = APIRouter(prefix="/api/admin", tags=["admin"])

_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")
_writing = asyncio.Semaphore(1)


@router.get(
    "/rooms/{code}/series", response_model=SeriesOut, responses=documented(*_ALWAYS, "no_such_room")
)
async def show_series(
    request: Request,
    code: RoomCode,
    _who: Admin,
    seconds: Annotated[int, Query(ge=1, le=SERIES_S_MAX)] = SERIES_S_MAX,
) -> SeriesOut:
    """What happened in each of the last seconds, up to fifteen minutes of them."""
    series = await parts_of(request).line.series(code, seconds)
    return SeriesOut(room=code, **series_record(series))


@router.get("/rooms/{code}/record", responses=documented(*_ALWAYS, "no_such_room"))
async def show_record(request: Request, code: RoomCode, _who: Admin) -> dict[str, Any]:
    """Everything that is known of a room: coupon, settings, figures, series, changes."""
    parts, office = parts_of(request), office_of(request)
    try:
        offer = await office.ask(catalogue.offer, parts.engine, code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    known = await read_room(parts.line, code)
    entries = await office.ask(audit.entries, parts.engine, subject=code, at_most=audit.ENTRIES_MAX)
    return record_of(offer, known, entries, parts.now())


@router.get(
    "/coupons/{code}/issued.csv",
    response_class=FileResponse,
    responses={
        200: {"content": {"text/csv": {}}, "description": "RFC 4180, UTF-8, a row each"},
        **documented(*_ALWAYS, "no_such_coupon"),
    },
)
async def show_issued(request: Request, code: CouponCode, _who: Admin) -> FileResponse:
    """Everybody who holds this coupon, as of one moment: id, member_id, status, issued_at, used_at.

    Written to a file first, one such at a time: neither memory nor a connection waits for whoever
    reads it.
    """
    if _writing.locked():
        raise Problem(
            "unavailable", "Another list is being written. Try again.", {"retry_after_s": 5}
        )
    async with _writing:
        descriptor, path = tempfile.mkstemp(prefix="waitroom-issued-", suffix=".csv")
        try:
            with os.fdopen(descriptor, "wb") as file:
                await office_of(request).ask(write_csv, parts_of(request).engine, code, file)
        except BaseException:
            os.unlink(path)  # noqa: PTH108 - nothing here waits for a disk
            raise
    return FileResponse(
        path,
        media_type="text/csv; charset=utf-8",
        filename=f"{code}-issued.csv",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(Path(path).unlink),
    )
