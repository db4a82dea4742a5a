"""My coupons API: list the member's coupons, and use one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from application.report_outcomes import report_used
from domain.refusals import refusals_of
from issuance.member_coupons import Holding, list_member_coupons, spend_coupon
from web.container import get_container, get_office
from web.dependencies import SignedIn
from web.problems import documented
from web.schemas.public import IssuedCouponOut

router = APIRouter(prefix="/api/me/coupons", tags=["me"])

_ALWAYS = ("not_signed_in", "bad_token", "unavailable")


@router.get("", response_model=list[IssuedCouponOut], responses=documented(*_ALWAYS))
async def my_coupons(request: Request, response: Response, who: SignedIn) -> list[IssuedCouponOut]:
    """The member's coupons, the latest first."""
    response.headers["Cache-Control"] = "no-store"
    mine = await held(request, who.id)
    return [IssuedCouponOut.from_issued(issued, coupon.code) for issued, coupon in mine]


@router.post(
    "/{id}/use",
    response_model=IssuedCouponOut,
    responses=documented(
        *_ALWAYS, "forbidden", "no_such_issued_coupon", *refusals_of("use"), "bad_request"
    ),
)
async def use_coupon(request: Request, id: UUID, who: SignedIn) -> IssuedCouponOut:  # noqa: A002
    """Use a coupon. A coupon can be used once."""
    return await spend(request, who.id, id)


async def held(request: Request, member_id: str) -> list[Holding]:
    return await get_office(request).run(
        list_member_coupons, get_container(request).engine, member_id
    )


async def spend(request: Request, member_id: str, issued_id: UUID) -> IssuedCouponOut:
    parts = get_container(request)
    issued, coupon = await get_office(request).run(spend_coupon, parts.engine, member_id, issued_id)
    await report_used(parts.line, issued, coupon)
    return IssuedCouponOut.from_issued(issued, coupon.code)
