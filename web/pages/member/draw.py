"""The draw's page: the commitment, the result, and how to verify it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.draw import draw_number
from web.api.draw import make_draw
from web.container import get_container, get_offer_cache
from web.dependencies import RoomCode, find_visitor
from web.i18n import find_language
from web.pages.render import page, shown

router = APIRouter(include_in_schema=False)


@router.get("/rooms/{code}/draw")
async def draw_page(request: Request, code: RoomCode) -> Response:
    """Public; a signed-in member also sees their number."""
    draw = await make_draw(request, code)
    offer = await get_offer_cache(request).offer(code)
    who, language = find_visitor(request), find_language(request)
    number = None
    if who is not None and draw.seed is not None:
        number = language.number(draw_number(bytes.fromhex(draw.seed), who.id))
    return page(
        request,
        "draw.html",
        branded=offer,
        may_be_public=offer.is_listed,
        coupon=shown(offer, get_container(request).offer_now(offer), language),
        draw=draw,
        number=number,
    )
