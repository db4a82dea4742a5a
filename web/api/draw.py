"""Draw: what anybody may know of how a lobby was put in line, to check it."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from domain.draw import seed_commitment
from domain.draw_record import ALGORITHM, DrawRecord
from domain.rfc3339 import rfc3339
from issuance.draws import find_draw
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom
from web.cache.compressed import CompressedBody
from web.cache.single_flight import get_single_flight_cache
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import Admin, RoomCode
from web.problems import Problem, documented
from web.schemas.public import DrawOut, DrawRecordOut

router = APIRouter(tags=["line"])

# What was drawn never changes; a page full of people may ask for it.
_JSON = "application/json"
_FOR_EVER = "public, max-age=86400, immutable"


@router.get(
    "/api/rooms/{code}/draw",
    response_model=DrawOut,
    responses=documented("no_such_room", "bad_request", "unavailable"),
)
async def show_draw(request: Request, response: Response, code: RoomCode) -> DrawOut:
    """How the lobby is put in line: the seed's SHA-256 before the opening, the seed after it."""
    response.headers["Cache-Control"] = "public, max-age=1"
    return await make_draw(request, code)


@router.get(
    "/api/rooms/{code}/draw/record",
    response_model=DrawRecordOut,
    responses=documented("no_such_room", "not_drawn", "bad_request", "unavailable"),
)
async def show_record(request: Request, code: RoomCode) -> Response:
    """The numbers in order of place, as `waitroom draw verify` reads them; without names."""
    offer = await _offer(request, code)

    async def make() -> CompressedBody:
        record = await _record(request, offer)
        return await CompressedBody.compress(partial(record.as_json, with_members=False), _JSON)

    kept = await get_single_flight_cache(request).get(("draw record", code), make)
    return await kept.answer(request, {"Cache-Control": _FOR_EVER})


@router.get(
    "/api/admin/rooms/{code}/draw/record",
    tags=["admin"],
    response_model=DrawRecordOut,
    responses=documented(
        "not_signed_in", "forbidden", "no_such_room", "not_drawn", "bad_request", "unavailable"
    ),
)
async def show_record_with_members(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The same with each member's id, for whoever audits the draw."""
    record = await _record(request, await _offer(request, code))
    made = await CompressedBody.compress(partial(record.as_json, with_members=True), _JSON)
    return await made.answer(request, {"Cache-Control": "no-store"})


async def make_draw(request: Request, code: str) -> DrawOut:
    """Raises NoSuchRoom, OfficeAway."""
    offer = await _offer(request, code)
    assert offer.room is not None
    draws, drawn = offer.room.opening == "draw", offer.drawn
    return DrawOut(
        room=code,
        opening=offer.room.opening,
        opens_at=offer.coupon.opens_at,
        algorithm=ALGORITHM if draws else None,
        commitment=seed_commitment(offer.seed) if draws else None,
        # Once it is written down: while somebody could still come in, nobody may know it.
        seed=offer.seed.hex() if drawn else None,
        drawn_at=drawn.at if drawn else None,
        entrants_count=drawn.entrants_count if drawn else None,
        entrants_sha256=drawn.entrants_sha256 if drawn else None,
    )


async def _offer(request: Request, code: str) -> Offer:
    try:
        offer: Offer = await get_offer_cache(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    return offer


async def _record(request: Request, offer: Offer) -> DrawRecord:
    """Raises Problem not_drawn."""
    record = None
    if offer.drawn is not None:
        engine = get_container(request).engine
        record = await get_office(request).run(find_draw, engine, offer.coupon.code)
    if record is None:
        raise Problem("not_drawn", more={"opens_at": rfc3339(offer.coupon.opens_at)})
    return record
