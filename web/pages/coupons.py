"""Coupon pages: what is on offer, one coupon, and the direct way to get it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from waitroom.errors import LineError
from web.api.coupons import direct
from web.asking import CouponCode, visitor_of
from web.entrance import ask
from web.languages import language_of
from web.pages.forms import signed_in_for
from web.pages.render import page, shown
from web.parts import catalogue_of, parts_of
from web.problems import Problem
from web.shapes import PlaceOut

router = APIRouter(include_in_schema=False)


@router.get("/")
async def coupons(request: Request) -> Response:
    now_of = parts_of(request).now_of
    language = language_of(request)
    offers = await catalogue_of(request).offers()
    coupons = [shown(offer, now_of(offer), language) for offer in offers]
    return page(request, "coupons.html", coupons=coupons)


@router.get("/coupons/{code}")
async def coupon(request: Request, code: CouponCode) -> Response:
    offer = await catalogue_of(request).offer(code)
    place = await _place(request, code) if offer.room else None
    coupon = shown(offer, parts_of(request).now_of(offer), language_of(request))
    return page(request, "coupon.html", branded=offer, coupon=coupon, place=place)


@router.post("/coupons/{code}/issue")
async def issue(request: Request, code: CouponCode) -> Response:
    who = signed_in_for(request, f"/coupons/{code}")
    if isinstance(who, Response):
        return who
    await direct(request, code, who.id)
    return RedirectResponse("/me", 303)


async def _place(request: Request, code: str) -> PlaceOut | None:
    """The visitor's place; a coupon can be read about while the line is away."""
    who = visitor_of(request)
    if who is None:
        return None
    try:
        return await ask(request, code, who.id)
    except (Problem, LineError):
        return None
