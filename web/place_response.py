"""What the line says of a member, as the place they are shown."""

from __future__ import annotations

from typing import cast

from domain.refusals import ISSUE_REFUSALS, Draining, NotOpenYet, Refusal
from domain.rfc3339 import rfc3339_us
from domain.unix_time import from_us
from waitroom.errors import LineAway
from waitroom.member_status import MemberStatus
from waitroom.place import ASK_AGAIN_MIN_S, Place
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.exception_handlers import refusal_problem
from web.problems import Problem
from web.schemas.public import IssuedCouponOut, PlaceOut, RefusalOut, Returned, RoomPhase

ROOM_FULL_RETRY_S = 10
# How somebody who was passed over came back, as the line says it.
RETURNED: dict[str, Returned] = {"h": "head", "e": "end"}


def make_place(
    standing: MemberStatus, *, room: str, member_id: str, tickets: TicketSigner
) -> PlaceOut:
    """The place of a member whom the line knows.

    Raises Problem not_in_line for any other, and LineAway where a line that was lost can't say yet.
    """
    if standing.kind == "untold":
        raise LineAway
    if not standing.in_line:
        raise Problem("not_in_line")
    known = PlaceOut(
        room=room,
        state="waiting",
        remain_count=standing.facts.remain_count,
        arrived_at=from_us(standing.arrived_us) if standing.arrived_us else None,
        room_state=_phase(standing),
    )
    if standing.kind == "issued":
        issued = IssuedCouponOut.model_validate_json(standing.text)
        return known.model_copy(update={"state": "issued", "issued_coupon": issued})
    if standing.kind not in ("waiting", "admitted"):
        refusal = RefusalOut(**_words(_refusal(standing)))
        return known.model_copy(update={"state": "refused", "refusal": refusal})
    ticket = tickets.sign(Ticket(room, member_id, standing.arrival_us))
    if standing.kind == "admitted":
        update = {"state": "admitted", "ask_again_s": ASK_AGAIN_MIN_S, "ticket": ticket}
        return known.model_copy(update=update)
    place, facts = Place.from_status(standing), standing.facts
    update = {
        "ask_again_s": place.ask_again_s,
        "ticket": ticket,
        "returned": RETURNED.get(standing.text),
    }
    if not facts.is_undrawn and not facts.is_restoring:
        update |= {"place": place.place, "ahead": place.ahead, "eta_s": place.eta_s}
    if facts.is_lobby:
        update |= {"opens_at": from_us(facts.opens_at_us), "opening": facts.opening}
    return known.model_copy(update=update)


def make_entered_place(
    standing: MemberStatus, *, room: str, member_id: str, tickets: TicketSigner
) -> PlaceOut:
    """The place of a member who has entered. Raises Problem where they were refused."""
    if standing.kind == "room_full":
        raise Problem("room_full", more={"retry_after_s": ROOM_FULL_RETRY_S})
    if standing.kind == "challenge_required":
        raise Problem("challenge_required", more={"challenge": f"/api/rooms/{room}/challenge"})
    if standing.kind not in ("waiting", "admitted", "issued"):
        raise refusal_problem(_refusal(standing))
    return make_place(standing, room=room, member_id=member_id, tickets=tickets)


def _phase(standing: MemberStatus) -> RoomPhase:
    """The room's state as it is told: before its opening, a room that is to move is a lobby."""
    facts = standing.facts
    if facts.is_restoring:
        return "restoring"
    takes_its_course = facts.state in ("open", "draining")
    state = "scheduled" if facts.is_lobby and takes_its_course else facts.state
    return cast(RoomPhase, state)


def _refusal(standing: MemberStatus) -> Refusal:
    """Refusals come as outcomes (the slug is the text) or as the reason a room is shut."""
    slug = standing.text if standing.kind == "refused" else standing.kind
    kind = Draining if slug == Draining.slug else ISSUE_REFUSALS[slug]
    if kind is NotOpenYet:
        facts = standing.facts
        return NotOpenYet(from_us(facts.opens_at_us), from_us(facts.lobby_opens_at_us))
    return kind()


def _words(refusal: Refusal) -> dict[str, str]:
    return {"type": refusal.slug, "title": refusal.title, "detail": refusal.detail}


def is_plain_waiting(standing: MemberStatus) -> bool:
    """In line, in a room as usual, and never passed over: as `waiting_json` writes it."""
    return standing.kind == "waiting" and not standing.text and standing.facts.is_as_usual


def waiting_json(standing: MemberStatus, room: str, ticket: str) -> str:
    """Rooms, members and tickets are made of letters that JSON and cookies take as they are."""
    ahead, eta_s, ask_again_s = Place.from_status(standing)
    facts, arrived_us = standing.facts, standing.arrived_us
    arrived_at = f'"{rfc3339_us(arrived_us)}"' if arrived_us else "null"
    return (
        f'{{"room":"{room}","state":"waiting","place":{ahead + 1},"ahead":{ahead},'
        f'"eta_s":{"null" if eta_s is None else eta_s},"ask_again_s":{ask_again_s},'
        f'"arrived_at":{arrived_at},"remain_count":{facts.remain_count},"ticket":"{ticket}",'
        f'"issued_coupon":null,"refusal":null,"room_state":"{facts.state}",'
        f'"opens_at":null,"opening":null,"returned":null}}'
    )
