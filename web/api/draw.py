"""Draw: what anybody may know of how a lobby was put in line, to check it."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from domain.draw import commitment_to
from domain.draw_record import ALGORITHM, DrawRecord
from domain.rfc3339 import rfc3339
from issuance.draws import draw_of
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom
from web.cache.compressed import Compressed
from web.cache.single_flight import readings_of
from web.container import catalogue_of, office_of, parts_of
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
    return await draw_shown(request, code)


@router.get(
    "/api/rooms/{code}/draw/record",
    response_model=DrawRecordOut,
    responses=documented("no_such_room", "not_drawn", "bad_request", "unavailable"),
)
async def show_record(request: Request, code: RoomCode) -> Response:
    """The numbers in order of place, as `waitroom draw verify` reads them; without names."""
    offer = await _offer(request, code)

    async def make() -> Compressed:
        record = await _record(request, offer)
        return await Compressed.of(partial(record.as_json, with_members=False), _JSON)

    kept = await readings_of(request).get(("draw record", code), make)
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
    made = await Compressed.of(partial(record.as_json, with_members=True), _JSON)
    return await made.answer(request, {"Cache-Control": "no-store"})


async def draw_shown(request: Request, code: str) -> DrawOut:
    """Raises NoSuchRoom, OfficeAway."""
    offer = await _offer(request, code)
    assert offer.room is not None
    draws, drawn = offer.room.opening == "draw", offer.drawn
    return DrawOut(
        room=code,
        opening=offer.room.opening,
        opens_at=offer.coupon.opens_at,
        algorithm=ALGORITHM if draws else None,
        commitment=commitment_to(offer.seed) if draws else None,
        # Once it is written down: while somebody could still come in, nobody may know it.
        seed=offer.seed.hex() if drawn else None,
        drawn_at=drawn.at if drawn else None,
        entrants_count=drawn.entrants_count if drawn else None,
        entrants_sha256=drawn.entrants_sha256 if drawn else None,
    )


async def _offer(request: Request, code: str) -> Offer:
    try:
        offer: Offer = await catalogue_of(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    return offer


async def _record(request: Request, offer: Offer) -> DrawRecord:
    """Raises Problem not_drawn."""
    record = None
    if offer.drawn is not None:
        engine = parts_of(request).engine
        record = await office_of(request).ask(draw_of, engine, offer.coupon.code)
    if record is None:
        raise Problem("not_drawn", more={"opens_at": rfc3339(offer.coupon.opens_at)})
    return record
