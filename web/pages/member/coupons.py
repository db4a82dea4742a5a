"""Coupon pages: the list, one coupon, and issuing one directly."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from waitroom.errors import LineError
from web.api.coupons import direct
from web.cache.single_flight import get_single_flight_cache
from web.container import get_container, get_offer_cache
from web.dependencies import CouponCode, find_visitor
from web.enter_line import ask_place
from web.i18n import find_language
from web.pages.form_guard import signed_in_for
from web.pages.render import environment, language_query, page, shown
from web.problems import Problem
from web.schemas.public import PlaceOut

router = APIRouter(include_in_schema=False)


@router.get("/")
async def coupons(request: Request) -> Response:
    """The list of coupons, at most a second old; rendered once for all readers."""
    edition, offers = await get_offer_cache(request).edition()
    parts, language = get_container(request), find_language(request)
    query = language_query(request)

    def list_html() -> Markup:
        coupons = [shown(offer, parts.offer_now(offer), language) for offer in offers]
        template = environment(language, parts.templates_dir).get_template("_coupons.html")
        return Markup(template.render(coupons=coupons, language_query=query))  # noqa: S704 - the template escapes

    coupon_list = await get_single_flight_cache(request).get(
        ("coupons as HTML", language.code, query, edition), partial(asyncio.to_thread, list_html)
    )
    return page(request, "coupons.html", may_be_public=True, coupon_list=coupon_list)


@router.get("/coupons/{code}")
async def coupon(request: Request, code: CouponCode) -> Response:
    offer = await get_offer_cache(request).offer(code)
    place = await _place(request, code) if offer.room else None
    coupon = shown(offer, get_container(request).offer_now(offer), find_language(request))
    response = page(
        request,
        "coupon.html",
        branded=offer,
        may_be_public=offer.is_listed,
        coupon=coupon,
        place=place,
        has_left="left" in request.query_params,
    )
    if not offer.is_listed:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@router.post("/coupons/{code}/issue")
async def issue(request: Request, code: CouponCode) -> Response:
    who = signed_in_for(request, f"/coupons/{code}")
    if isinstance(who, Response):
        return who
    await direct(request, code, who.id)
    return RedirectResponse("/me", 303)


async def _place(request: Request, code: str) -> PlaceOut | None:
    """The visitor's place; None while the line is unreachable, so that the page still works."""
    who = find_visitor(request)
    if who is None:
        return None
    try:
        return await ask_place(request, code, who.id)
    except (Problem, LineError):
        return None
