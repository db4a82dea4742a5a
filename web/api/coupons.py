"""Coupons: what is on offer, and the direct way to get one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from domain.issued_coupon import IssuedCoupon
from web.asking import CouponCode, SignedIn
from web.parts import catalogue_of, office_of, parts_of
from web.problems import documented
from web.shapes import CouponOut, IssuedCouponOut

router = APIRouter(prefix="/api/coupons", tags=["coupons"])

# A crowd looks at these: browsers and proxies may keep them as long as we do ourselves.
_CACHE = "public, max-age=1"


@router.get("", response_model=list[CouponOut], responses=documented("unavailable"))
async def list_coupons(request: Request, response: Response) -> list[CouponOut]:
    """All coupons, by the time they open; at most a second old."""
    response.headers["Cache-Control"] = _CACHE
    now = parts_of(request).now()
    return [CouponOut.of(offer, now) for offer in await catalogue_of(request).offers()]


@router.get(
    "/{code}",
    response_model=CouponOut,
    responses=documented("no_such_coupon", "bad_request", "unavailable"),
)
async def show_coupon(request: Request, response: Response, code: CouponCode) -> CouponOut:
    """One coupon, with what remains; at most a second old."""
    response.headers["Cache-Control"] = _CACHE
    offer = await catalogue_of(request).offer(code)
    return CouponOut.of(offer, parts_of(request).now())


@router.post(
    "/{code}/issue",
    status_code=201,
    response_model=IssuedCouponOut,
    responses={
        200: {"model": IssuedCouponOut, "description": "Already held: the same coupon"},
        **documented(
            "not_signed_in", "bad_token", "forbidden", "no_such_coupon", "not_open_yet",
            "not_direct", "closed", "sold_out", "bad_request", "unavailable",
        ),
    },
)  # fmt: skip
async def issue_coupon(
    request: Request, response: Response, code: CouponCode, who: SignedIn
) -> IssuedCouponOut:
    """Get a coupon whose `issuing` is not `queue`, at once. Asked again, the same one."""
    issued, is_new = await direct(request, code, who.id)
    response.status_code = 201 if is_new else 200
    return IssuedCouponOut.of(issued, code)


async def direct(request: Request, code: str, member_id: str) -> tuple[IssuedCoupon, bool]:
    parts = parts_of(request)
    done = await office_of(request).ask(parts.direct.issue, code, member_id, parts.now())
    return done.issued, done.is_new
