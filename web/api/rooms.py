"""Rooms API: enter a line, ask for the place, follow it, and leave."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from domain.refusals import refusals_of
from waitroom.tokens.ticket import ExpiredTicket
from web.container import get_container
from web.dependencies import InLine, RoomCode, SignedIn, SolutionText, TicketText, checked_ticket
from web.enter_line import ask_place, delete_ticket_cookie, enter, set_ticket_cookie
from web.place_response import place_json
from web.problems import documented
from web.schemas.public import ChallengeOut, PlaceOut
from web.sse.json_events import JsonEvents
from web.sse.response import EventStreamResponse, get_stream_connections

router = APIRouter(prefix="/api/rooms/{code}", tags=["line"])

_ALWAYS = ("bad_request", "no_such_room", "unavailable")
# A parsed event (HTML, 9.2.6), without comments and the id, which clients need not use.
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"const": "place"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/PlaceOut"},
        },
        "retry": {"type": "integer", "description": "Milliseconds to wait before reconnecting"},
    },
}
_WHO = ("not_signed_in", "bad_token", "bad_ticket")


@router.post(
    "/enter",
    status_code=202,
    response_model=PlaceOut,
    responses={
        200: {"model": PlaceOut, "description": "Already issued: the member's coupon"},
        202: {"description": "Waiting or admitted; entering again keeps the place"},
        **documented(
            *_WHO,
            "forbidden",
            *refusals_of("enter"),
            *_ALWAYS,
        ),
    },
)
async def enter_room(
    request: Request,
    code: RoomCode,
    who: SignedIn,
    ticket: TicketText,
    solution: SolutionText = None,
) -> Response:
    """Take a place in line. Entering again keeps the place.

    A ticket restores the place where the line has lost it; an expired ticket is ignored. A room
    whose `challenge` is on gives a new place only for a solution of its challenge.
    """
    ticket_us = 0
    if ticket is not None:
        with suppress(ExpiredTicket):  # restores nothing, but a new place is possible
            ticket_us = checked_ticket(request, code, ticket, who).arrival_us
    place = await enter(request, code, who.id, ticket_us, solution=solution)
    return _answer(request, place, 200 if place.state == "issued" else 202)


@router.get(
    "/challenge",
    response_model=ChallengeOut,
    responses=documented(*_ALWAYS),
)
async def ask_for_challenge(request: Request, response: Response, code: RoomCode) -> ChallengeOut:
    """A proof of work (ALTCHA, version 2). Send its solution (base64) with one entry."""
    response.headers["Cache-Control"] = "no-store"
    return ChallengeOut.model_validate(get_container(request).challenges.make(code))


@router.get(
    "/place",
    response_model=PlaceOut,
    responses=documented(*_WHO, "not_in_line", *_ALWAYS),
)
async def ask_for_place(request: Request, code: RoomCode, who: InLine) -> Response:
    """The place of the member, or of the ticket's owner. Poll again after `ask_again_s`.

    A ticket restores a place that the line has lost.
    """
    return _answer(request, await ask_place(request, code, who.member_id, who.ticket_us), 200)


@router.delete("/place", status_code=204, responses=documented(*_WHO, "forbidden", *_ALWAYS))
async def leave_room(request: Request, response: Response, code: RoomCode, who: InLine) -> None:
    """Give up the place. An admitted member may still get a coupon."""
    await get_container(request).line.leave(code, who.member_id, who.ticket_us)
    delete_ticket_cookie(response, code, secure=get_container(request).secure)


@router.get(
    "/live",
    status_code=200,
    response_class=EventStreamResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": _EVENT}},
            "description": "Events by this schema",
        },
        **documented(*_WHO, "not_in_line", *_ALWAYS),
    },
)
async def follow_place(request: Request, code: RoomCode, who: InLine) -> EventStreamResponse:
    """The place as server-sent events, one for each change, until a final state."""
    streams = get_stream_connections(request)
    streams.refuse_if_full()
    # Raises the same problems as a poll, before the stream begins.
    await ask_place(request, code, who.member_id, who.ticket_us)
    writer = JsonEvents(code, get_container(request).tickets, who.ticket_us)
    return EventStreamResponse(streams, code, who.member_id, writer, who.session)


def _answer(request: Request, place: PlaceOut, status: int) -> Response:
    """The place as a response; skips FastAPI's validation of it, which is slow for a crowd."""
    response = Response(place_json(place), status, media_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    parts = get_container(request)
    set_ticket_cookie(response, place, secure=parts.secure, age_max_s=parts.sessions.age_max_s)
    return response
