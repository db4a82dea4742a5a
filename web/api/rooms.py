"""Rooms: entering a line, asking for one's place, following it, leaving."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from web.asking import InLine, RoomCode, SignedIn, SolutionText, TicketText, checked_ticket
from web.entrance import ask, enter, keep_ticket
from web.live.answer import LiveAnswer, hub_of
from web.live.json_teller import JsonTeller
from web.parts import parts_of
from web.problems import documented
from web.shapes import ChallengeOut, PlaceOut

router = APIRouter(prefix="/api/rooms/{code}", tags=["line"])

_ALWAYS = ("bad_request", "no_such_room", "too_many_requests", "unavailable")
_WHO = ("not_signed_in", "bad_token", "bad_ticket")


@router.post(
    "/enter",
    status_code=202,
    response_model=PlaceOut,
    responses={
        200: {"model": PlaceOut, "description": "Already issued: the coupon they hold"},
        202: {"description": "Waiting or admitted; entering again gives the same place"},
        **documented(
            *_WHO,
            "forbidden",
            "challenge_required",
            "not_open_yet",
            "closed",
            "sold_out",
            "room_full",
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
    """Take a place in line. Entering again gives the same place.

    A room whose `challenge` is on gives one only to who sends a solution of its challenge.
    """
    if ticket is not None:
        checked_ticket(request, code, ticket, who)
    place = await enter(request, code, who.id, solution=solution)
    return _answer(request, place, 200 if place.state == "issued" else 202)


@router.get(
    "/challenge",
    response_model=ChallengeOut,
    responses=documented(*_ALWAYS),
)
async def ask_for_challenge(request: Request, response: Response, code: RoomCode) -> ChallengeOut:
    """A proof of work (ALTCHA, version 2): its solution, base64, goes with entering, once."""
    response.headers["Cache-Control"] = "no-store"
    return ChallengeOut.model_validate(parts_of(request).challenges.make(code))


@router.get(
    "/place",
    response_model=PlaceOut,
    responses=documented(*_WHO, "not_in_line", *_ALWAYS),
)
async def ask_for_place(request: Request, code: RoomCode, member_id: InLine) -> Response:
    """Where the member, or the ticket's owner, stands. Ask again after `ask_again_s`."""
    return _answer(request, await ask(request, code, member_id), 200)


@router.delete("/place", status_code=204, responses=documented(*_WHO, "forbidden", *_ALWAYS))
async def leave_room(
    request: Request, response: Response, code: RoomCode, member_id: InLine
) -> None:
    """Give up the place. Who is admitted already may still get a coupon."""
    await parts_of(request).line.leave(code, member_id)
    response.delete_cookie(f"ticket-{code}", path=f"/rooms/{code}")


@router.get(
    "/live",
    status_code=200,
    response_class=LiveAnswer,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "`event: place`, data: place"},
        **documented(*_WHO, "not_in_line", *_ALWAYS),
    },
)
async def follow_place(request: Request, code: RoomCode, member_id: InLine) -> LiveAnswer:
    """The place whenever it changes, as server-sent events, until a final state."""
    hub = hub_of(request)
    hub.refuse_if_full()
    await ask(request, code, member_id)  # who is unknown here is told so as all are
    return LiveAnswer(hub, code, member_id, JsonTeller(code, parts_of(request).tickets))


def _answer(request: Request, place: PlaceOut, status: int) -> Response:
    """The place as it is: a crowd asks here, and FastAPI would check our own answer once more."""
    response = Response(place.model_dump_json(), status, media_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    parts = parts_of(request)
    keep_ticket(response, place, secure=parts.secure, age_max_s=parts.identity.session_age_max_s)
    return response
