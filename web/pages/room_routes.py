"""The routes of a room's pages: in front of coupons, or of a site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.sites.site_room import SiteRoom
from web.auth.member_tokens import NotSignedIn
from web.dependencies import RoomCode, find_visitor
from web.enter_line import read_status
from web.pages.member import room as member
from web.pages.member.place_stream import make_html_events
from web.pages.site import room as site
from web.pages.site.stream import make_site_events
from web.sites.rooms import find_site_room
from web.sites.visitors import find_site_visitor
from web.sse.events import EventWriter
from web.sse.response import EventStreamResponse, get_stream_connections

router = APIRouter(prefix="/rooms/{code}", include_in_schema=False)


@router.get("")
async def ticket_page(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, site.waiting_page, member.ticket_page)


@router.get("/place")
async def fragment(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, site.fragment, member.fragment)


@router.post("/enter")
async def enter_room(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, site.enter_by_form, member.enter_room)


@router.post("/leave")
async def leave_room(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, site.leave_by_form, member.leave_room)


@router.get("/live")
async def follow(request: Request, code: RoomCode) -> EventStreamResponse:
    """The fragment at each change, until a final one."""
    room = await find_site_room(request, code)
    who = find_site_visitor(request) if room else find_visitor(request)
    if who is None:
        raise NotSignedIn
    streams = get_stream_connections(request)
    streams.refuse_if_full()
    writer: EventWriter
    if room is not None:
        writer = make_site_events(request, room, who)
    else:
        writer = await make_html_events(request, code, who)
    await read_status(request, code, who.id)  # raises for an unknown room, as a page
    # A visitor's cookie is no session, so nothing ends it.
    session = who if who.signed_in_us else None
    return EventStreamResponse(streams, code, who.id, writer, session)


async def _answer(
    request: Request,
    code: str,
    of_site: Callable[[Request, SiteRoom], Awaitable[Response]],
    of_coupons: Callable[[Request, str], Awaitable[Response]],
) -> Response:
    """The answer of the room's kind; a code that is nobody's is answered as a coupon's."""
    room = await find_site_room(request, code)
    return await (of_coupons(request, code) if room is None else of_site(request, room))
