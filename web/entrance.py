"""Entrance: entering, asking and leaving, the same for the API and the pages."""

from __future__ import annotations

from time import perf_counter

from fastapi import Request, Response

from issuance.errors import NoSuchCoupon, OfficeAway
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.standing import Standing
from web.answers import entered, place_of
from web.parts import catalogue_of, parts_of
from web.request_id import origin_in
from web.shapes import PlaceOut


async def enter(request: Request, code: str, member_id: str) -> PlaceOut:
    """Take a place, or the one already held. Raises a Problem where refused."""
    parts = parts_of(request)
    began = perf_counter()
    try:
        origin = origin_in(request.scope) if parts.follows else ""
        standing = await parts.line.enter(code, member_id, origin)
        request.app.state.enter_times.note(code, perf_counter() - began)
    except NoSuchRoom:
        await _missing(request, code)
        raise
    return entered(standing, room=code, member_id=member_id, tickets=parts.tickets)


async def ask(request: Request, code: str, member_id: str) -> PlaceOut:
    """Where they stand. Raises Problem not_in_line."""
    parts = parts_of(request)
    standing = await standing_of(request, code, member_id)
    return place_of(standing, room=code, member_id=member_id, tickets=parts.tickets)


async def standing_of(request: Request, code: str, member_id: str) -> Standing:
    try:
        return await parts_of(request).line.place(code, member_id)
    except NoSuchRoom:
        await _missing(request, code)
        raise


async def _missing(request: Request, code: str) -> None:
    """A room that Postgres has and Redis hasn't (yet, or any more) is away, not unknown."""
    try:
        offer = await catalogue_of(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    except OfficeAway as error:
        raise LineAway from error
    if offer.room is not None:
        raise LineAway


def keep_ticket(response: Response, place: PlaceOut, *, secure: bool, age_max_s: int) -> None:
    """Give the browser its ticket; final places need none any more."""
    name, path = f"ticket-{place.room}", f"/rooms/{place.room}"
    if place.ticket is None:
        response.delete_cookie(name, path=path)
    else:
        response.set_cookie(
            name,
            place.ticket,
            max_age=age_max_s,
            path=path,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
