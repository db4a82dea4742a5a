"""Coupons API: list coupons, and issue one directly."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from domain.refusals import refusals_of
from issuance.locking.direct_issue import DirectIssue
from web.cache.compressed import CompressedBody
from web.cache.single_flight import get_single_flight_cache
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import CouponCode, SignedIn
from web.limits.request_limits import get_rate_limit
from web.problems import documented
from web.schemas.public import RETRIES, CouponOut, IssuedCouponOut

router = APIRouter(prefix="/api/coupons", tags=["coupons"])

# Caches may keep these as long as this process does.
_CACHE = "public, max-age=1"
_COUPONS = TypeAdapter(list[CouponOut])

_RETRIES = {
    RETRIES: {
        "description": "How often issuing was retried for this answer",
        "schema": {"type": "integer", "minimum": 0},
    }
}


@router.get("", response_model=list[CouponOut], responses=documented("unavailable"))
async def list_coupons(request: Request) -> Response:
    """All coupons by opening time; at most a second old."""
    edition, offers = await get_offer_cache(request).edition()
    now_of = get_container(request).offer_now

    def list_json() -> bytes:
        return _COUPONS.dump_json([CouponOut.from_offer(offer, now_of(offer)) for offer in offers])

    make = partial(CompressedBody.compress, list_json, "application/json")
    made = await get_single_flight_cache(request).get(("coupons as JSON", edition), make)
    return await made.answer(request, {"Cache-Control": _CACHE})


@router.get(
    "/{code}",
    response_model=CouponOut,
    responses=documented("no_such_coupon", "bad_request", "unavailable"),
)
async def show_coupon(request: Request, response: Response, code: CouponCode) -> CouponOut:
    """One coupon with its remaining count; at most a second old."""
    response.headers["Cache-Control"] = _CACHE
    offer = await get_offer_cache(request).offer(code)
    return CouponOut.from_offer(offer, get_container(request).offer_now(offer))


@router.post(
    "/{code}/issue",
    status_code=201,
    response_model=IssuedCouponOut,
    responses={
        200: {
            "model": IssuedCouponOut,
            "description": "The member holds it already: the same coupon",
            "headers": _RETRIES,
        },
        201: {"description": "Issued", "headers": _RETRIES},
        **documented(
            "not_signed_in",
            "bad_token",
            "forbidden",
            "no_such_coupon",
            "not_direct",
            *refusals_of("issue"),
            "bad_request",
            "unavailable",
        ),
    },
)
async def issue_coupon(
    request: Request, response: Response, code: CouponCode, who: SignedIn
) -> IssuedCouponOut:
    """Issue a coupon whose `issuing` is not `queue`. A repeated request returns the same one."""
    done = await direct(request, code, who.id)
    response.status_code = 201 if done.is_new else 200
    response.headers[RETRIES] = str(done.retries)
    response.headers["Cache-Control"] = "no-store"
    return IssuedCouponOut.from_issued(done.issued, code)


async def direct(request: Request, code: str, member_id: str) -> DirectIssue:
    """Issue directly. Raises Problem too_many_requests, a Refusal, NoSuchCoupon, NotDirect,
    OfficeAway.
    """
    parts = get_container(request)
    await get_rate_limit(request).admit_member(request.scope, member_id)
    return await get_office(request).run(parts.direct.issue, code, member_id)
