"""The routes of a room's pages: in front of coupons, or of a site."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

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
    if room := await find_site_room(request, code):
        return await site.waiting_page(request, room)
    return await member.ticket_page(request, code)


@router.get("/place")
async def fragment(request: Request, code: RoomCode) -> Response:
    if room := await find_site_room(request, code):
        return await site.fragment(request, room)
    return await member.fragment(request, code)


@router.post("/enter")
async def enter_room(request: Request, code: RoomCode) -> Response:
    if room := await find_site_room(request, code):
        return await site.enter_by_form(request, room)
    return await member.enter_room(request, code)


@router.post("/leave")
async def leave_room(request: Request, code: RoomCode) -> Response:
    if room := await find_site_room(request, code):
        return await site.leave_by_form(request, room)
    return await member.leave_room(request, code)


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
