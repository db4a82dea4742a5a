"""Draw API: the public data and record of a draw, so that anyone can verify it."""

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

# A stored draw never changes, so caches may keep it.
_JSON = "application/json"
_FOR_EVER = "public, max-age=86400, immutable"


@router.get(
    "/api/rooms/{code}/draw",
    response_model=DrawOut,
    responses=documented("no_such_room", "bad_request", "unavailable"),
)
async def show_draw(request: Request, response: Response, code: RoomCode) -> DrawOut:
    """A room's draw: before it the seed's SHA-256 (the commitment), after it also the seed."""
    response.headers["Cache-Control"] = "public, max-age=1"
    return await make_draw(request, code)


@router.get(
    "/api/rooms/{code}/draw/record",
    response_model=DrawRecordOut,
    responses=documented("no_such_room", "not_drawn", "bad_request", "unavailable"),
)
async def show_record(request: Request, code: RoomCode) -> Response:
    """The draw's numbers in order of place, for `waitroom draw verify`; without member ids."""
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
    """The draw's record with member ids, for auditors."""
    record = await _record(request, await _offer(request, code))
    made = await CompressedBody.compress(partial(record.as_json, with_members=True), _JSON)
    return await made.answer(request, {"Cache-Control": "no-store"})


async def make_draw(request: Request, code: str) -> DrawOut:
    """Raises NoSuchRoom, OfficeAway."""
    offer = await _offer(request, code)
    room = offer.room
    assert room is not None
    draws, drawn = room.settings.opening == "draw", room.drawn
    return DrawOut(
        room=code,
        opening=room.settings.opening,
        opens_at=room.opens_at,
        algorithm=ALGORITHM if draws else None,
        commitment=seed_commitment(room.seed) if draws else None,
        # Secret until Postgres has the draw, as members could still enter.
        seed=room.seed.hex() if drawn else None,
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
