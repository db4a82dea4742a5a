"""PreparedPages: the coupon page, the ticket page and its fragment of a room, ready to be filled.

One per room and language. A page is rendered once for each shape of a place; what belongs to one
member, or changes every second, is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.types import Scope

from domain.phase import PLACE_PHASES, REFUSED
from issuance.offers import Offer
from web.auth.member_tokens import Visitor
from web.i18n import Language
from web.middleware.compression import COMPRESSED_MIN
from web.middleware.security import RAW_HEADERS, Headers
from web.pages.member.place_text import iso
from web.pages.member.place_view import TEXT_FIELDS, TEXTS, PlaceView
from web.pages.page_template import EncodedPage, FilledPage, Texts, find_page
from web.pages.render import empty_page, render_html, shown

COUPON_PAGE, TICKET_PAGE, FRAGMENT = "coupon.html", "room.html", "_place.html"
WAITING_STATES = frozenset(phase.word for phase in PLACE_PHASES if phase.state == "waiting")
# A crowd is refused at once, so these pages are filled, too.
FILLED_STATES = WAITING_STATES | {REFUSED.word}
# The names of a page's texts.
_NAMES = ("member_id", "member_name", "now")
_WAITING_NAMES = (*_NAMES, *TEXTS)


class _NowMark:
    """Stands for the time, which templates write in ISO 8601."""

    def __init__(self, text: str) -> None:
        self._text = text

    def isoformat(self, timespec: str) -> str:
        if timespec != "milliseconds":
            raise ValueError(timespec)
        return self._text


class _SeenMember(NamedTuple):
    """All that a prepared page may show of a member: a template that reads more can't be prepared,
    as StrictUndefined raises.
    """

    id: str
    name: str


class SeenPlace(NamedTuple):
    """As `_SeenMember`, of the place that the coupon page knows: no numbers, which are personal."""

    state: str | None
    room_state: str


class PreparedPages:
    """Pages of one room in one language, for signed-in members. application: the FastAPI app."""

    def __init__(self, application: FastAPI, language: Language) -> None:
        self._application = application
        self._language = language
        self._offer: Offer | None = None
        self._coupon: dict[str, Any] = {}
        self._until: datetime | None = None
        self._ready: dict[tuple[object, ...], FilledPage | None] = {}
        response = empty_page(language)
        self._headers = _raw_headers(response)
        # As the framework's compression adds it to all answers that it might compress.
        response.headers.add_vary_header("Accept-Encoding")
        self._compressible_headers = _raw_headers(response)
        self._gzip_headers = [*self._compressible_headers, (b"content-encoding", b"gzip")]

    def headers(self, page: EncodedPage) -> Headers:
        if page.is_gzip:
            headers = self._gzip_headers
        else:
            is_long = page.size >= COMPRESSED_MIN
            headers = self._compressible_headers if is_long else self._headers
        return [*headers, (b"content-length", b"%d" % len(page.body))]

    def coupon_page(
        self, scope: Scope, offer: Offer, member: Visitor, place: SeenPlace | None, now: datetime
    ) -> tuple[FilledPage, Texts] | None:
        """The coupon page and its texts; None where it can't be prepared.

        now: by the clock that decides when the offer opens and ends.
        """
        self._refresh(offer, now)

        def render(texts: Mapping[str, str]) -> str:
            who = _SeenMember(texts["member_id"], texts["member_name"])
            return self._render(scope, COUPON_PAGE, offer, who, texts["now"], place)

        values = (member.id, member.name, iso(now))
        key = COUPON_PAGE, bool(member.name), place
        page = find_page(self._ready, key, render, _NAMES, values)
        return (page, values) if page else None

    def place_page(
        self,
        scope: Scope,
        template: str,
        offer: Offer,
        member: Visitor,
        view: PlaceView,
        now: datetime,
    ) -> tuple[FilledPage, Texts] | None:
        """The ticket page or its fragment, and its texts; as `coupon_page`."""
        if view.issued_coupon is not None:
            return None
        self._refresh(offer, now)

        def render(texts: Mapping[str, str]) -> str:
            marks: dict[str, Any] = {name: texts[name] for name in TEXTS if name in texts}
            marked = view._replace(**marks)
            who = _SeenMember(texts["member_id"], texts["member_name"])
            return self._render(scope, template, offer, who, texts["now"], marked)

        names: tuple[str, ...] = _NAMES
        values: Texts = (member.id, member.name, iso(now))
        # All fields of other final views are in the key.
        key: tuple[object, ...] = template, bool(member.name), view
        if view.state in FILLED_STATES:
            fields: tuple[Any, ...] = view
            names, values = _WAITING_NAMES, (*values, *fields[TEXT_FIELDS])
            shape = view.shape if view.state in WAITING_STATES else view.final_shape
            key = template, bool(member.name), shape
        page = find_page(self._ready, key, render, names, values)
        return (page, values) if page else None

    def _refresh(self, offer: Offer, now: datetime) -> None:
        """Forget all pages where the offer has changed, or begins or ends."""
        if offer is self._offer and (self._until is None or now < self._until):
            return
        coupon = shown(offer, now, self._language)
        if self._offer is None or coupon != self._coupon or offer.branding != self._offer.branding:
            self._ready.clear()
        self._offer, self._coupon = offer, coupon
        times = coupon["lobby_opens_at"], coupon["opens_at"], coupon["expire_date"]
        self._until = min((at for at in times if at > now), default=None)

    def _render(
        self,
        scope: Scope,
        template: str,
        offer: Offer,
        member: _SeenMember,
        now: str,
        place: SeenPlace | PlaceView | None,
    ) -> str:
        return render_html(
            Request({**scope, "app": self._application}),
            template,
            language=self._language,
            member=member,
            branded=offer,
            may_be_public=template == COUPON_PAGE,
            coupon=self._coupon,
            now=_NowMark(now),
            place=place,
        )


def _raw_headers(response: Response) -> Headers:
    named = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
    return [*named, *RAW_HEADERS]
