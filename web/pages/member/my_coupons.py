"""My coupons: the list, and using one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.branding import PLAIN
from web.api.my_coupons import held, spend
from web.auth.member_tokens import NotSignedIn
from web.container import get_container, get_offer_cache
from web.dependencies import find_visitor
from web.i18n import find_language
from web.pages.form_guard import signed_in_for
from web.pages.formatting import discount_text
from web.pages.render import page
from web.schemas.public import IssuedCouponOut

router = APIRouter(prefix="/me", include_in_schema=False)


@router.get("")
async def my_coupons(request: Request) -> Response:
    who = find_visitor(request)
    if who is None:
        raise NotSignedIn
    language = find_language(request)
    _, offers = await get_offer_cache(request).edition()
    brandings = {offer.coupon.code: offer.branding for offer in offers}
    issued = [
        {
            **dict(IssuedCouponOut.from_issued(one, coupon.code)),
            "description": coupon.description,
            "to_shop": brandings.get(coupon.code, PLAIN).address_to_use(one.short_code),
            "shop": brandings.get(coupon.code, PLAIN).name or get_container(request).site_name,
            "discount_text": discount_text(language, coupon.discount),
        }
        for one, coupon in await held(request, who.id)
    ]
    return page(request, "my_coupons.html", issued=issued)


@router.post("/coupons/{id}/use")
async def use(request: Request, id: UUID) -> Response:  # noqa: A002
    who = signed_in_for(request, "/me")
    if isinstance(who, Response):
        return who
    await spend(request, who.id, id)
    return RedirectResponse("/me", 303)
