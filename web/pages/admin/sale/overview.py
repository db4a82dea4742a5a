"""The overview: all rooms with their live figures, with search and filters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.phase import CLOSED, ROOM_PHASE, SCHEDULED
from domain.room import Room
from domain.sites.site_room import SiteRoom
from issuance.offers import Offer
from waitroom.stats.room_stats import RoomStats
from web.container import get_container, get_offer_cache, get_site_rooms
from web.dependencies import Admin
from web.i18n import Language, find_language
from web.pages.admin.plan_labels import STAGE_NAMES
from web.pages.admin.sale.room_figures import RoomFigures
from web.pages.admin.status_sentence import rate
from web.pages.render import page

router = APIRouter(prefix="/admin/overview", include_in_schema=False)

PAGE = 50
PAGE_MAX = 1_000
Group = Literal["live", "soon", "over"]
GROUPS: tuple[Group, ...] = ("live", "soon", "over")
Show = Literal["", "live", "soon", "over", "archive"]
Words = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=PAGE_MAX)]


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room of a coupon or of a site. ends_at: None for a room that never ends. total: its
    coupons, or the seats of a site. is_draft: members don't know of it, and it has no line.
    """

    code: str
    title: str
    site: str
    opens_at: datetime
    ends_at: datetime | None
    total: int
    is_draft: bool = False

    @classmethod
    def from_offer(cls, offer: Offer) -> ListedRoom:
        coupon = offer.coupon
        total = coupon.inventory.total_count
        times = (coupon.opens_at, coupon.expire_date)
        return cls(coupon.code, coupon.description, "", *times, total, is_draft=not offer.has_pages)

    @classmethod
    def from_site_room(cls, one: SiteRoom) -> ListedRoom:
        room = one.room
        return cls(
            one.code,
            one.title,
            one.site.name,
            room.opens_at,
            one.closes_at,
            room.settings.seats,
            is_draft=not room.has_line,
        )

    def group(self, now: datetime) -> Group:
        """By the schedule alone, so that rows keep their order while figures change."""
        if self.is_draft or now < self.opens_at:
            return "soon"
        return "over" if self.ends_at is not None and now >= self.ends_at else "live"

    def matches(self, words: str) -> bool:
        """Whether each of the words is in the code, the title or the site's name."""
        text = f"{self.code} {self.title} {self.site}".casefold()
        return all(word in text for word in words.casefold().split())


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A row of the table; figures in words, "–" where they are unknown."""

    room: ListedRoom
    address: str
    state: str
    state_label: str
    waiting: str
    per_s: str
    left: str


@router.get("")
async def overview(
    request: Request,
    _who: Admin,
    q: Words = "",
    show: Show = "",
    page_number: PageNumber = 1,
) -> Response:
    return await _answer(request, "admin/overview.html", q.strip(), show, page_number)


@router.get("/rows")
async def rows(
    request: Request,
    _who: Admin,
    q: Words = "",
    show: Show = "",
    page_number: PageNumber = 1,
) -> Response:
    """The table as a fragment, which the page polls: one request for all its rooms."""
    return await _answer(request, "admin/_overview.html", q.strip(), show, page_number)


async def _answer(request: Request, template: str, q: str, show: Show, number: int) -> Response:
    language, now = find_language(request), get_container(request).line_now()
    found = select_rooms(await _rooms(request, is_archive=show == "archive"), q, show, now)
    some = found[(number - 1) * PAGE : number * PAGE]
    figures = await get_room_figures(request).of_rooms(one.code for one in some)
    query = {name: text for name, text in {"q": q, "show": show}.items() if text}
    return page(
        request,
        template,
        rows=[make_row(one, figures[one.code], now, language) for one in some],
        count=len(found),
        q=q,
        show=show,
        page_number=number,
        pages=max(1, -(-len(found) // PAGE)),
        query=urlencode(query),
        query_here=urlencode(query | {"page": str(number)}),
    )


def get_room_figures(request: Request) -> RoomFigures:
    return cast(RoomFigures, request.app.state.room_figures)


async def _rooms(request: Request, *, is_archive: bool) -> list[ListedRoom]:
    """Of coupons that have a line, and of sites: those of the archive, or all others with drafts.

    Raises OfficeAway.
    """
    offers: list[Offer] = await get_offer_cache(request).all_offers()
    site_rooms = await get_site_rooms(request).all_entries()
    rooms = [ListedRoom.from_offer(one) for one in offers if _is_shown(one.room, is_archive)]
    of_sites = [one for one in site_rooms.values() if _is_shown(one.room, is_archive)]
    return rooms + [ListedRoom.from_site_room(one) for one in of_sites]


def _is_shown(room: Room | None, is_archive: bool) -> bool:
    """A rehearsal is on the plan of its room."""
    if room is None or room.stage == "rehearsal":
        return False
    return (room.archived_at is not None) == is_archive


def select_rooms(
    rooms: Iterable[ListedRoom], q: str, show: Show, now: datetime
) -> list[ListedRoom]:
    """Those that match: open ones first, then the next to open, then the latest that are over."""
    found = [one for one in rooms if one.matches(q) and show in ("", "archive", one.group(now))]

    def order(one: ListedRoom) -> tuple[int, float, str]:
        group, opens_at_s = one.group(now), one.opens_at.timestamp()
        return GROUPS.index(group), opens_at_s if group == "soon" else -opens_at_s, one.code

    return sorted(found, key=order)


def make_row(
    room: ListedRoom, figures: RoomStats | None, now: datetime, language: Language
) -> RoomRow:
    _, number = language.gettext, language.number
    known = {"soon": SCHEDULED.word, "over": CLOSED.word}
    state = figures.phase.word if figures else known.get(room.group(now), "")
    label = _(ROOM_PHASE[state].label) if state in ROOM_PHASE else "–"
    address = f"/admin/site-rooms/{room.code}" if room.site else f"/admin/rooms/{room.code}"
    if room.is_draft:
        name = STAGE_NAMES["draft"]
        address, label = f"/admin/rooms/{room.code}/plan", _(name)
    if figures is None:
        return RoomRow(room, address, state, label, "–", "–", "–")
    per_s = _(
        "%(real)s of %(asked)s/s",
        real=language.decimal(figures.admitted_per_s, 1),
        asked=rate(language, figures.rate_in_force_per_s),
    )
    total = number(room.total)
    left = (
        _("%(count)s of %(total)s seats", count=number(figures.seats_in_use), total=total)
        if room.site
        else _("%(count)s of %(total)s left", count=number(figures.remain_count), total=total)
    )
    return RoomRow(room, address, state, label, number(figures.waiting), per_s, left)
