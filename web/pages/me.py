"""My coupons, and using one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from web.api.me import held, spend
from web.asking import visitor_of
from web.identity import NotSignedIn
from web.languages import language_of
from web.pages.forms import signed_in_for
from web.pages.phrases import discount_text
from web.pages.render import page
from web.shapes import IssuedCouponOut

router = APIRouter(prefix="/me", include_in_schema=False)


@router.get("")
async def my_coupons(request: Request) -> Response:
    who = visitor_of(request)
    if who is None:
        raise NotSignedIn
    language = language_of(request)
    issued = [
        {
            **dict(IssuedCouponOut.of(one, coupon.code)),
            "description": coupon.description,
            "discount_text": discount_text(language, coupon.discount),
        }
        for one, coupon in await held(request, who.id)
    ]
    return page(request, "me.html", issued=issued)


@router.post("/coupons/{id}/use")
async def use(request: Request, id: UUID) -> Response:  # noqa: A002
    who = signed_in_for(request, "/me")
    if isinstance(who, Response):
        return who
    await spend(request, who.id, id)
    return RedirectResponse("/me", 303)
