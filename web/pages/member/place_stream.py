"""HtmlEvents: streams the ticket page's fragment as server-sent events."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from domain.draw import NUMBERS
from domain.unix_time import from_us
from waitroom.member_status import MemberStatus
from waitroom.poll_interval import UNREACHABLE_S
from web.auth.member_tokens import Visitor
from web.container import get_container, get_offer_cache
from web.enter_line import ticket_arrival_us
from web.i18n import Language, find_language
from web.pages.member.fragment_cache import FragmentCache
from web.pages.member.page_cache import FRAGMENT
from web.pages.member.place_text import read_at
from web.pages.member.place_view import PlaceView, plain
from web.pages.member.progress_cookie import read_progress_cookie
from web.pages.render import environment, shown
from web.place_response import make_place
from web.sse.events import EventWriter, event


async def make_html_events(request: Request, code: str, who: Visitor) -> EventWriter:
    """The EventWriter of one stream. Raises NoSuchCoupon, OfficeAway."""
    parts = get_container(request)
    offer = await get_offer_cache(request).offer(code)
    language = find_language(request)
    kept: dict[tuple[str, str], RoomTexts] = request.app.state.room_texts
    room = kept.get((code, language.code))
    site_name = offer.branding.name or parts.site_name
    if room is None or room.offer_version != (offer.version, offer.branding):
        room = kept[(code, language.code)] = RoomTexts(
            offer_version=(offer.version, offer.branding),
            code=code,
            language=language,
            site_name=site_name,
            fragments=FragmentCache(
                environment(language, parts.templates_dir).get_template(FRAGMENT),
                coupon=shown(offer, parts.offer_now(offer), language),
                site_name=site_name,
            ),
        )
    ticket_us = ticket_arrival_us(request, code, who.id)
    return HtmlEvents(room, read_progress_cookie(request.cookies, code), ticket_us)


@dataclass(frozen=True, slots=True)
class RoomTexts:
    """The data that all streams of a room in one language share."""

    offer_version: tuple[object, ...]
    code: str
    language: Language
    site_name: str
    fragments: FragmentCache

    def event(self, view: PlaceView, read_us: int | None = None) -> bytes:
        return event(self.fragments.html(view), read_us=read_us)


class HtmlEvents:
    """The writer of one page's stream, with the number ahead when the member started."""

    repeats = True

    __slots__ = ("_room", "_started_ahead", "arrival_us")

    def __init__(self, room: RoomTexts, started: int | None, arrival_us: int = 0) -> None:
        self._room = room
        self._started_ahead = started
        self.arrival_us = arrival_us

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        """The fragment, also for a member without a place."""
        room, now_us = self._room, standing.facts.now_us
        language, site_name = room.language, room.site_name
        if not standing.in_line:
            view = plain(room.code, "absent", language=language, site_name=site_name)
            return room.event(view, now_us)
        self.arrival_us = standing.arrival_us or self.arrival_us
        place = make_place(standing, room=room.code, member_id=member_id, tickets=None)
        if self._started_ahead is None:
            self._started_ahead = place.ahead
        view = PlaceView.from_place(
            place,
            language=language,
            now=read_at(now_us),
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
            ask_again_s=UNREACHABLE_S,
            arrived_at=from_us(self.arrival_us) if self.arrival_us >= NUMBERS else None,
        )
        return room.event(view)

    def signed_out(self) -> bytes:
        room = self._room
        view = plain(room.code, "signed_out", language=room.language, site_name=room.site_name)
        return room.event(view)
