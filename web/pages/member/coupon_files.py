"""Coupon files: the QR code of an issued coupon, and its last day as a calendar's event.

Neither asks a store about the member: both depend on their address only.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Annotated

import segno
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.issued_coupon import read_short_code
from issuance.offers import Offer
from web.container import get_container, get_offer_cache
from web.dependencies import CouponCode
from web.i18n import Language, find_language
from web.pages.render import shown
from web.problems import Problem

router = APIRouter(prefix="/coupons/{code}", include_in_schema=False)

# A last day that ends at midnight is the day before: the event is the hour until then.
EVENT = timedelta(hours=1)
# Octets of a line, without its end (RFC 5545, 3.1).
LINE_BYTES_MAX = 75


@router.get("/qr.svg")
async def qr_code(
    request: Request, code: CouponCode, coupon: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """The shop's address with the short code, or the short code alone, as a QR code."""
    short_code = read_short_code(coupon)
    if short_code is None:
        raise Problem("not_found")
    offer: Offer = await get_offer_cache(request).offer(code)
    text = offer.branding.address_to_use(short_code) or short_code
    picture = await asyncio.to_thread(draw_qr_code, text)
    return Response(picture, media_type="image/svg+xml")


@router.get("/last-day.ics")
async def last_day(request: Request, code: CouponCode) -> Response:
    """A calendar with the end of the coupon, and a reminder a day before."""
    offer: Offer = await get_offer_cache(request).offer(code)
    parts, language = get_container(request), find_language(request)
    coupon = shown(offer, parts.offer_now(offer), language)
    calendar = write_calendar(
        language,
        uid=f"{code}@{request.url.hostname or 'waitroom'}",
        summary=f"{coupon['description']} · {coupon['discount_text']}",
        address=f"{parts.base_url.rstrip('/')}/me" if parts.base_url else "",
        ends_at=offer.coupon.expire_date,
        now=parts.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{code}.ics"'}
    return Response(calendar, media_type="text/calendar; charset=utf-8", headers=headers)


def draw_qr_code(text: str) -> bytes:
    """An SVG with a quiet zone, black on white also in a dark page."""
    drawn = BytesIO()
    made = segno.make(text, error="m", micro=False)
    made.save(drawn, kind="svg", border=4, light="#fff", dark="#000", xmldecl=False, omitsize=True)
    return drawn.getvalue()


def write_calendar(
    language: Language, *, uid: str, summary: str, address: str, ends_at: datetime, now: datetime
) -> bytes:
    """One event in the form of RFC 5545."""
    title = language.gettext("Last day: %(coupon)s", coupon=summary)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//waitroom//coupon//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(ends_at - EVENT)}",
        f"DTEND:{_utc(ends_at)}",
        f"SUMMARY:{_escaped(title)}",
        *([f"URL:{address}"] if address else []),
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(title)}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for letter in "\\;,":
        text = text.replace(letter, f"\\{letter}")
    return text


def _folded(line: str) -> bytes:
    """The line's end, and breaks where it is longer than LINE_BYTES_MAX, never inside a letter."""
    parts, size = [b""], 0
    for letter in line:
        encoded = letter.encode()
        if size + len(encoded) > LINE_BYTES_MAX:
            parts.append(b" ")
            size = 1
        parts[-1] += encoded
        size += len(encoded)
    return b"\r\n".join(parts) + b"\r\n"
