"""The draw's page: what was promised before the opening, what came of it, and how to check it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.draw import number_of
from web.api.draw import draw_shown
from web.container import catalogue_of, parts_of
from web.dependencies import RoomCode, visitor_of
from web.i18n import language_of
from web.pages.render import page, shown

router = APIRouter(include_in_schema=False)


@router.get("/rooms/{code}/draw")
async def draw_page(request: Request, code: RoomCode) -> Response:
    """For everybody; who is signed in also sees the number that the seed gave them."""
    draw = await draw_shown(request, code)
    offer = await catalogue_of(request).offer(code)
    who, language = visitor_of(request), language_of(request)
    number = None
    if who is not None and draw.seed is not None:
        number = language.number(number_of(bytes.fromhex(draw.seed), who.id))
    return page(
        request,
        "draw.html",
        branded=offer,
        coupon=shown(offer, parts_of(request).now_of(offer), language),
        draw=draw,
        number=number,
    )
