"""The ticket page: one fragment that carries its own next step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from waitroom.errors import LineError, NoSuchRoom
from waitroom.ticket import BadTicket
from web.asking import RoomCode, visitor_of
from web.entrance import ask, enter, keep_ticket
from web.identity import NotSignedIn, Visitor
from web.pages.forms import signed_in_for
from web.pages.render import duration, page, shown
from web.parts import catalogue_of, parts_of
from web.problems import Problem
from web.shapes import PlaceOut, RefusalOut
from web.times import from_us

router = APIRouter(prefix="/rooms/{code}", include_in_schema=False)

UNREACHABLE_ASK_AGAIN_S = 3.0
NOT_KNOWN = "a few minutes"


@router.get("")
async def ticket_page(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, "room.html")


@router.get("/place")
async def fragment(request: Request, code: RoomCode) -> Response:
    return await _answer(request, code, "_place.html")


@router.post("/enter")
async def enter_room(request: Request, code: RoomCode) -> Response:
    who = signed_in_for(request, f"/coupons/{code}")
    if isinstance(who, Response):
        return who
    try:
        place = await enter(request, code, who.id)
    except Problem as problem:
        return await _refused(request, code, problem)
    response = RedirectResponse(f"/rooms/{code}", 303)
    _keep(request, response, place)
    return response


@router.post("/leave")
async def leave_room(request: Request, code: RoomCode) -> Response:
    who = signed_in_for(request, f"/rooms/{code}")
    if isinstance(who, Response):
        return who
    await parts_of(request).line.leave(code, who.id)
    response = RedirectResponse(f"/coupons/{code}", 303)
    response.delete_cookie(f"ticket-{code}", path=f"/rooms/{code}")
    return response


async def _answer(request: Request, code: str, template: str) -> Response:
    """The page or its fragment, with the visitor's place in whatever state it is."""
    who = visitor_of(request)
    if who is None:
        raise NotSignedIn
    coupon = shown(await catalogue_of(request).offer(code), parts_of(request).now())
    try:
        place = await ask(request, code, who.id)
    except NoSuchRoom:
        raise  # a coupon without a line: waiting for one would be for nothing
    except LineError:
        return page(
            request, template, status=503, coupon=coupon, place=_unreachable(request, code, who)
        )
    except Problem as problem:
        if problem.type != "not_in_line":
            raise
        return page(request, template, coupon=coupon, place=_only(code, "absent"))
    response = page(request, template, coupon=coupon, place=_shown(place))
    _keep(request, response, place)
    return response


async def _refused(request: Request, code: str, problem: Problem) -> Response:
    offer = await catalogue_of(request).offer(code)
    body = problem.body()
    place = _only(
        code,
        "refused",
        refusal=RefusalOut(type=body["type"], title=body["title"], detail=body["detail"]),
        retry_after_s=body.get("retry_after_s"),
    )
    coupon = shown(offer, parts_of(request).now())
    return page(request, "room.html", status=problem.status, coupon=coupon, place=place)


def _shown(place: PlaceOut) -> SimpleNamespace:
    fields = {name: getattr(place, name) for name in PlaceOut.model_fields}
    eta_text = duration(place.eta_s) if place.eta_s is not None else NOT_KNOWN
    resting = place.room_state == "paused"
    return SimpleNamespace(**fields, eta_text=eta_text, resting=resting, retry_after_s=None)


def _only(code: str, state: str, **known: Any) -> SimpleNamespace:
    """A place of which the line says nothing but its state."""
    nothing = dict.fromkeys(
        ("place", "ahead", "eta_text", "ask_again_s", "arrived_at", "remain_count",
         "issued_coupon", "refusal", "retry_after_s")
    )  # fmt: skip
    return SimpleNamespace(**{**nothing, "room": code, "state": state, "resting": False, **known})


def _unreachable(request: Request, code: str, who: Visitor) -> SimpleNamespace:
    """The line is away: what the member's own ticket says is all there is to show."""
    arrived_at = None
    text = request.cookies.get(f"ticket-{code}")
    if text:
        try:
            ticket = parts_of(request).tickets.read(text, room=code)
        except BadTicket:
            ticket = None
        if ticket is not None and ticket.member_id == who.id:
            arrived_at = from_us(ticket.arrival_us)
    return _only(code, "unreachable", arrived_at=arrived_at, ask_again_s=UNREACHABLE_ASK_AGAIN_S)


def _keep(request: Request, response: Response, place: PlaceOut) -> None:
    parts = parts_of(request)
    keep_ticket(response, place, secure=parts.secure, age_max_s=parts.identity.session_age_max_s)
