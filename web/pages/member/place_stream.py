"""The ticket page's fragment as server-sent events.

`page_teller` is the seam: asked once a stream, it gives whatever Teller the page is to have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from fastapi import APIRouter, Request

from domain.draw import NUMBERS
from domain.unix_time import from_us
from waitroom.member_status import Standing
from waitroom.place import Place
from waitroom.tokens.ticket import TicketOffice
from web.auth.member_tokens import NotSignedIn, Visitor
from web.container import catalogue_of, parts_of
from web.dependencies import RoomCode, visitor_of
from web.enter_line import kept_ticket_us, standing_of
from web.i18n import Language, language_of
from web.pages.member.fragment_cache import Fragments, fragments_of
from web.pages.member.place_view import PlaceView, plain
from web.pages.member.progress_cookie import started_ahead
from web.pages.member.room import UNREACHABLE_ASK_AGAIN_S
from web.pages.render import shown
from web.place_response import place_of, plainly_waits
from web.schemas.public import PlaceOut, RoomPhase
from web.sse.events import Teller, event
from web.sse.response import LiveAnswer, hub_of

router = APIRouter(include_in_schema=False)


@router.get("/rooms/{code}/live")
async def follow(request: Request, code: RoomCode) -> LiveAnswer:
    """The fragment whenever it changes, until a final one."""
    who = visitor_of(request)
    if who is None:
        raise NotSignedIn
    hub = hub_of(request)
    hub.refuse_if_full()
    teller = await page_teller(request, code, who)
    await standing_of(request, code, who.id)  # a room nobody knows is a page's problem
    return LiveAnswer(hub, code, who.id, teller, who)


async def page_teller(request: Request, code: str, who: Visitor) -> Teller:
    """For whoever is signed in. Raises NoSuchCoupon, OfficeAway."""
    parts = parts_of(request)
    offer = await catalogue_of(request).offer(code)
    language = language_of(request)
    kept: dict[tuple[str, str], RoomInWords] = request.app.state.rooms_in_words
    room = kept.get((code, language.code))
    if room is None or room.offer_version != (offer.version, offer.branding):
        room = kept[(code, language.code)] = RoomInWords(
            offer_version=(offer.version, offer.branding),
            code=code,
            language=language,
            site_name=offer.branding.name or parts.site_name,
            coupon=shown(offer, parts.now_of(offer), language),
            fragments=fragments_of(language, parts.templates_dir),
            tickets=parts.tickets,
        )
    ticket_us = kept_ticket_us(request, code, who.id)
    return HtmlTeller(room, started_ahead(request.cookies, code), ticket_us)


@dataclass(frozen=True, slots=True)
class RoomInWords:
    """What all streams of a room in one language share."""

    offer_version: tuple[object, ...]
    code: str
    language: Language
    site_name: str
    coupon: dict[str, Any]
    fragments: Fragments
    tickets: TicketOffice

    def event(self, view: PlaceView, read_us: int | None = None) -> bytes:
        html = self.fragments.html(view, coupon=self.coupon, site_name=self.site_name)
        return event(html, read_us=read_us)


class HtmlTeller:
    """Of one page: where it started is its own."""

    retells = True

    __slots__ = ("_room", "_started_ahead", "arrival_us")

    def __init__(self, room: RoomInWords, started: int | None, arrival_us: int = 0) -> None:
        self._room = room
        self._started_ahead = started
        self.arrival_us = arrival_us

    def message(self, standing: Standing, member_id: str) -> bytes:
        """A fragment for everybody, also for who has no place."""
        room, now_us = self._room, standing.facts.now_us
        language, site_name = room.language, room.site_name
        if not standing.in_line:
            view = plain(room.code, "absent", language=language, site_name=site_name)
            return room.event(view, now_us)
        self.arrival_us = standing.arrival_us or self.arrival_us
        if plainly_waits(standing):
            place = _waiting(room.code, standing)
        else:
            place = place_of(standing, room=room.code, member_id=member_id, tickets=room.tickets)
        if self._started_ahead is None:
            self._started_ahead = place.ahead
        view = PlaceView.of(
            place,
            language=language,
            now=_read_at(now_us),
            site_name=site_name,
            started_ahead=self._started_ahead,
        )
        return room.event(view, now_us)

    def unreachable(self, _member_id: str) -> bytes:
        room = self._room
        view = plain(
            room.code,
            "unreachable",
            language=room.language,
            site_name=room.site_name,
            ask_again_s=UNREACHABLE_ASK_AGAIN_S,
            arrived_at=from_us(self.arrival_us) if self.arrival_us >= NUMBERS else None,
        )
        return room.event(view)

    def signed_out(self) -> bytes:
        room = self._room
        view = plain(room.code, "signed_out", language=room.language, site_name=room.site_name)
        return room.event(view)


# Five hundred are told of one reading.
_read_at = lru_cache(maxsize=16)(from_us)


def _waiting(code: str, standing: Standing) -> PlaceOut:
    """As `place_of` has it, without a ticket, which a stream can't give: nearly everybody's."""
    place = Place.of(standing)
    return PlaceOut(
        room=code,
        state="waiting",
        place=place.place,
        ahead=place.ahead,
        eta_s=place.eta_s,
        ask_again_s=place.ask_again_s,
        arrived_at=from_us(standing.arrival_us) if standing.arrived_us else None,
        remain_count=standing.facts.remain_count,
        room_state=cast(RoomPhase, standing.facts.state),
    )
