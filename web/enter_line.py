"""Entering a line and asking for a place, shared by the API and the pages."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from time import perf_counter
from typing import cast

from fastapi import Request, Response
from starlette.types import Scope

from domain.coupon import is_code
from issuance.errors import NoSuchCoupon, OfficeAway
from waitroom.errors import LineAway, LineError, NoSuchRoom
from waitroom.member_status import MemberStatus
from waitroom.tokens.challenge import BadSolution, UsedSolution
from waitroom.tokens.ticket import BadTicket
from web.auth import cookies
from web.container import get_container, get_offer_cache, get_site_rooms
from web.limits.request_limits import get_rate_limit
from web.middleware.request_id import get_origin
from web.place_response import HAS_PLACE, make_entered_place, make_place
from web.problems import Problem
from web.schemas.public import PlaceOut

# Over TLS a browser sends all its tickets: 200 bytes each, and many proxies limit cookies to 8 kB.
TICKETS_KEPT_MAX = 20
# The scope's key for what entering gave, where the fast path has entered already.
_ENTRY = "waitroom.entry"


def keep_entry(scope: Scope, entry: MemberStatus | LineError) -> None:
    """Keep what entering gave or raised, so that `enter` neither enters nor counts again."""
    scope[_ENTRY] = entry


def _kept_entry(scope: Scope) -> MemberStatus | None:
    """The status, None where nothing was kept. Raises the LineError that was kept."""
    entry = scope.get(_ENTRY)
    if isinstance(entry, LineError):
        raise entry
    return cast(MemberStatus | None, entry)


async def enter(
    request: Request, code: str, member_id: str, ticket_us: int = 0, *, solution: str | None = None
) -> PlaceOut:
    """Take a place, or keep the one already held. Raises a Problem where the room refuses.

    ticket_us: the arrival on the member's ticket. solution: of the room's challenge, needed only
    where the room requires one.
    """
    parts = get_container(request)
    began = perf_counter()
    await get_rate_limit(request).admit_member(request.scope, member_id)
    solved = wrong = None
    if solution:
        try:
            solved = parts.challenges.verify(solution, room=code)
        except BadSolution as error:
            wrong = error
    try:
        standing = await parts.line.restore(code, member_id, ticket_us) if ticket_us else None
        if standing is None or standing.kind not in HAS_PLACE:
            standing = _kept_entry(request.scope)
        if standing is None:
            origin = get_origin(request.scope) if parts.follows else ""
            standing = await parts.line.enter(code, member_id, origin, solved)
            request.app.state.enter_times.add(code, perf_counter() - began)
    except NoSuchRoom:
        await raise_if_missing(request, code)
        raise
    try:
        return make_entered_place(standing, room=code, member_id=member_id, tickets=parts.tickets)
    except Problem as problem:
        if problem.type == "challenge_required" and solution:
            problem.detail = inspect.getdoc(type(wrong) if wrong else UsedSolution)
        raise


async def ask_place(request: Request, code: str, member_id: str, ticket_us: int = 0) -> PlaceOut:
    """The member's place. ticket_us: the arrival on their ticket. Raises Problem not_in_line."""
    parts = get_container(request)
    standing = await read_status(request, code, member_id)
    if standing.is_missing and ticket_us:
        standing = await parts.line.restore(code, member_id, ticket_us)
    return make_place(standing, room=code, member_id=member_id, tickets=parts.tickets)


async def read_status(request: Request, code: str, member_id: str) -> MemberStatus:
    """The member's status in the line.

    Raises Problem too_many_requests; NoSuchRoom, LineAway, LineBusy.
    """
    await get_rate_limit(request).admit_member(request.scope, member_id)
    try:
        return await get_container(request).line.place(code, member_id)
    except NoSuchRoom:
        await raise_if_missing(request, code)
        raise


async def raise_if_missing(request: Request, code: str) -> None:
    """Raise LineAway for a room that only Postgres has: Redis does not have it yet, or lost it."""
    offers = get_offer_cache(request)
    try:
        if not offers.was_known(code) and await get_site_rooms(request).entry(code):
            raise LineAway
        offer = await offers.offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    except OfficeAway as error:
        raise LineAway from error
    if offer.room is not None:
        raise LineAway


def ticket_arrival_us(request: Request, code: str, member_id: str) -> int:
    """The arrival in this browser's ticket cookie; 0 without a valid one."""
    text = cookies.kept(request.cookies, f"ticket-{code}")
    if not text:
        return 0
    try:
        ticket = get_container(request).tickets.verify(text, room=code)
    except BadTicket:
        return 0
    return ticket.arrival_us if ticket.member_id == member_id else 0


def set_ticket_cookie(
    response: Response,
    place: PlaceOut,
    *,
    secure: bool,
    age_max_s: int,
    found: Mapping[str, str] | None = None,
) -> None:
    """Set the ticket cookie, or delete it for a final place. found: the request's cookies."""
    name, path = f"ticket-{place.room}", f"/rooms/{place.room}"
    if place.ticket is None:
        cookies.delete_cookie(response, name, secure=secure, path=path)
    else:
        cookies.set_cookie(
            response,
            name,
            place.ticket,
            secure=secure,
            age_max_s=age_max_s,
            path=path,
            found=found,
        )
        if secure and found:
            _forget_oldest_tickets(response, found, place.room)


def _forget_oldest_tickets(response: Response, found: Mapping[str, str], code: str) -> None:
    """Delete the oldest ticket cookies beyond TICKETS_KEPT_MAX, as proxies limit their size."""
    prefix = cookies.cookie_name("ticket-", secure=True)
    # Browsers send the oldest first (RFC 6265, 5.4).
    rooms = [name.removeprefix(prefix) for name in found if name.startswith(prefix)]
    others = [room for room in rooms if room != code and is_code(room)]
    for room in others[: max(0, len(others) + 1 - TICKETS_KEPT_MAX)]:
        delete_ticket_cookie(response, room, secure=True)
        cookies.delete_cookie(response, f"from-{room}", secure=True, path=f"/rooms/{room}")


def delete_ticket_cookie(response: Response, code: str, *, secure: bool) -> None:
    cookies.delete_cookie(response, f"ticket-{code}", secure=secure, path=f"/rooms/{code}")
