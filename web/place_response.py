"""Place responses: a member's status in the line as the API's JSON, with the ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, cast

from pydantic import TypeAdapter
from starlette.responses import Response

from domain.draw import NUMBERS
from domain.phase import VISIT_PHASES
from domain.refusals import ChallengeRequired, NotOpenYet, Refusal, find_refusal
from domain.settings_spec import Opening
from domain.unix_time import from_us
from waitroom.errors import LineAway
from waitroom.member_status import MemberStatus
from waitroom.poll_interval import poll_interval_s
from waitroom.tokens.ticket import Ticket, TicketSigner
from waitroom.visits.visit import visit_of
from web.auth import cookies
from web.exception_handlers import refusal_problem
from web.middleware.security import RAW_HEADERS, Headers, RawResponse
from web.problems import Problem
from web.schemas.public import IssuedCouponOut, PlaceOut, PlaceState, RefusalOut, Returned

JSON_HEADERS: Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *RAW_HEADERS,
]
# Faster than `TypeAdapter.dump_json`, which checks its options at each call.
_write_json = TypeAdapter(PlaceOut).serializer.to_json
# A process caches this many tickets, each as the header that sets its cookie, in at most 15 MB.
TICKETS_KEPT = 16_384
# Where a passed-over member returned to the line, by the line's letter.
RETURNED: dict[str, Returned] = {"h": "head", "e": "end"}
# States of a member with a place. A ticket that gives none of them has restored nothing.
HAS_PLACE = frozenset({"waiting", "admitted", "issued", "called", "inside"})
# By `MemberStatus.kind`.
OF_VISITS = {phase.word: cast(PlaceState, phase.word) for phase in VISIT_PHASES}


class SignsTickets(Protocol):
    def sign(self, ticket: Ticket) -> str: ...


def make_place(
    standing: MemberStatus, *, room: str, member_id: str, tickets: SignsTickets | None
) -> PlaceOut:
    """The place of a member whom the line knows; with a ticket if `tickets` signs one.

    Raises Problem not_in_line for a member without a place, and LineAway while a restoring line
    can't be sure of that.
    """
    if standing.kind == "untold":
        raise LineAway
    if not standing.in_line:
        raise Problem("not_in_line")
    if standing.kind == "waiting":
        place = _waiting_place(standing, room)
    elif standing.kind == "admitted":
        place = _make_place(standing, room, "admitted")
        place.ask_again_s = poll_interval_s(standing)
    elif standing.kind == "issued":
        place = _make_place(standing, room, "issued")
        place.issued_coupon = IssuedCouponOut.model_validate_json(standing.text)
        return place
    elif standing.kind in OF_VISITS:
        place = _visit_place(standing, room)
        if place.state != "called":
            return place
    else:
        place = _make_place(standing, room, "refused")
        place.refusal = _refusal_out(standing)
        return place
    if tickets is not None:
        place.ticket = tickets.sign(Ticket(room, member_id, standing.arrival_us))
    return place


def _waiting_place(standing: MemberStatus, room: str) -> PlaceOut:
    """As `_make_place`, in one call: most answers to a crowd are these."""
    facts, arrived_us, ahead = standing.facts, standing.arrived_us, standing.known_ahead
    is_lobby = facts.is_lobby
    return PlaceOut(
        room=room,
        state="waiting",
        place=None if ahead is None else ahead + 1,
        ahead=ahead,
        eta_s=None if ahead is None else standing.eta_s,
        ask_again_s=poll_interval_s(standing),
        arrived_at=rfc3339_us(arrived_us) if arrived_us else None,
        remain_count=facts.stock,
        room_state=facts.phase.word,
        opens_at=rfc3339_us(facts.opens_at_us) if is_lobby else None,
        opening=cast(Opening, facts.opening) if is_lobby else None,
        returned=RETURNED.get(standing.text),
    )


def _make_place(standing: MemberStatus, room: str, state: PlaceState) -> PlaceOut:
    facts, arrived_us = standing.facts, standing.arrived_us
    return PlaceOut(
        room=room,
        state=state,
        arrived_at=rfc3339_us(arrived_us) if arrived_us else None,
        remain_count=facts.stock,
        room_state=facts.phase.word,
    )


def _visit_place(standing: MemberStatus, room: str) -> PlaceOut:
    """The place of a member who was called to a site, or has visited it."""
    place = _make_place(standing, room, OF_VISITS[standing.kind])
    if place.state == "called":
        place.until = rfc3339_us(standing.due_us)
        place.ask_again_s = poll_interval_s(standing)
    elif place.state == "inside" and (visit := visit_of(standing, room)) is not None:
        place.until = rfc3339_us(visit.ends_at_us)
    return place


def place_json(place: PlaceOut) -> bytes:
    """Serialize a place; answers and events both use this."""
    return _write_json(place)


def make_entered_place(
    standing: MemberStatus, *, room: str, member_id: str, tickets: TicketSigner
) -> PlaceOut:
    """The place of a member who entered.

    Raises Problem where the room refused; LineAway as `make_place`.
    """
    if standing.kind not in HAS_PLACE and standing.kind != "untold":
        refusal = _refusal(standing)
        problem = refusal_problem(refusal)
        problem.detail = refusal.detail_of(is_site=standing.facts.stock is None)
        if standing.kind == ChallengeRequired.slug:
            problem.more["challenge"] = f"/api/rooms/{room}/challenge"
        raise problem
    return make_place(standing, room=room, member_id=member_id, tickets=tickets)


def _refusal(standing: MemberStatus) -> Refusal:
    """The refusal: of an outcome (its text is the slug), or the room's at entry (the kind)."""
    slug = standing.text if standing.kind == "refused" else standing.kind
    if slug == NotOpenYet.slug:
        facts = standing.facts
        return NotOpenYet(from_us(facts.opens_at_us), from_us(facts.lobby_opens_at_us))
    return find_refusal(slug)


def _refusal_out(standing: MemberStatus) -> RefusalOut:
    refusal, is_site = _refusal(standing), standing.facts.stock is None
    return RefusalOut(
        type=refusal.slug, title=refusal.title, detail=refusal.detail_of(is_site=is_site)
    )


class PlaceWriter:
    """Writes whole answers for the fast path, with the ticket cookie."""

    def __init__(self, tickets: TicketSigner, *, secure: bool, cookie_age_max_s: int) -> None:
        self._tickets = tickets
        self._secure = secure
        self._before_room = cookies.cookie_name("ticket-", secure=secure)
        # Before and after the path.
        self._cookie_attributes = (
            f"; HttpOnly; Max-Age={cookie_age_max_s}; Path=",
            f"; SameSite=lax{'; Secure' if secure else ''}",
        )
        self._header_cached = lru_cache(maxsize=TICKETS_KEPT)(self._ticket_header)

    def entered(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """The answer to entering. Raises Problem where the room refused."""
        place = make_entered_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._answer(place, 200 if place.state == "issued" else 202)

    def place(self, standing: MemberStatus, room: str, member_id: str) -> RawResponse:
        """The answer to a poll. Raises Problem not_in_line."""
        place = make_place(standing, room=room, member_id=member_id, tickets=self._tickets)
        return self._answer(place, 200)

    def _answer(self, place: PlaceOut, status: int) -> RawResponse:
        body = place_json(place)
        headers = [*JSON_HEADERS, (b"content-length", str(len(body)).encode())]
        if place.ticket is None:
            headers += self._deleted_cookie(place.room)
        else:
            headers.append((b"set-cookie", self.ticket_cookie(place.room, place.ticket)))
        return status, headers, body

    def ticket_header(self, room: str, member_id: str, arrival_us: int) -> tuple[bytes, bytes]:
        """The header that sets the ticket's cookie.

        Signed once, as a page gets it at each request, but for tickets with their time of signing.
        """
        make = self._header_cached if arrival_us >= NUMBERS else self._ticket_header
        return make(room, member_id, arrival_us)

    def _ticket_header(self, room: str, member_id: str, arrival_us: int) -> tuple[bytes, bytes]:
        ticket = self._tickets.sign(Ticket(room, member_id, arrival_us))
        return b"set-cookie", self.ticket_cookie(room, ticket)

    def ticket_cookie(self, room: str, ticket: str) -> bytes:
        """As `set_ticket_cookie` sets it; formatted here for speed."""
        path = "/" if self._secure else f"/rooms/{room}"
        name, attributes = f"{self._before_room}{room}", self._cookie_attributes
        return f"{name}={ticket}{attributes[0]}{path}{attributes[1]}".encode()

    def _deleted_cookie(self, room: str) -> Headers:
        response, path = Response(), f"/rooms/{room}"
        cookies.delete_cookie(response, f"ticket-{room}", secure=self._secure, path=path)
        return [(name, value) for name, value in response.raw_headers if name == b"set-cookie"]


def rfc3339_us(microseconds: int) -> str:
    """As `rfc3339(from_us(...))`, with cached seconds, which a crowd's arrivals share."""
    second, fraction = divmod(microseconds, 1_000_000)
    return f"{_second(second)}.{fraction:06d}Z" if fraction else f"{_second(second)}Z"


@lru_cache(maxsize=4_096)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")
