"""PreparedPages: the coupon page, the ticket page and its fragment of a room, ready to be filled.

One per room and language. A page is rendered once for each shape of a place; what belongs to one
member, or changes every second, is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from fastapi import Request, Response

from domain.phase import PLACE_PHASES
from issuance.offers import Offer
from web.auth.member_tokens import Visitor
from web.container import get_container
from web.i18n import Language
from web.middleware.compression import COMPRESSED_MIN
from web.middleware.security import RAW_HEADERS, Headers
from web.pages.member.place_view import TEXTS, PlaceView
from web.pages.page_template import EncodedPage, FilledPage, Render, prepare
from web.pages.render import empty_page, render_html, shown
from web.schemas.public import PlaceOut

log = structlog.get_logger(__name__)

COUPON_PAGE, TICKET_PAGE, FRAGMENT = "coupon.html", "room.html", "_place.html"
# The flags of a place give fewer shapes than this; each page takes some kB.
SHAPES_MAX = 200
# What the fixed parts may hold and the template must print unchanged.
_PROBE = "A%s<b>&\"'{0}한"
_WAITING = frozenset(phase.word for phase in PLACE_PHASES if phase.state == "waiting")


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


class _SeenPlace(NamedTuple):
    """As `_SeenMember`, of the place that the coupon page knows."""

    state: str
    room_state: str


class PreparedPages:
    """Pages of one room in one language, for signed-in members."""

    def __init__(self, language: Language) -> None:
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

    def headers(self, page: EncodedPage) -> Headers:
        is_long = page.size >= COMPRESSED_MIN
        headers = [*(self._compressible_headers if is_long else self._headers)]
        if page.is_gzip:
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(page.body)).encode()))
        return headers

    def coupon_page(
        self, request: Request, offer: Offer, member: Visitor, place: PlaceOut | None
    ) -> tuple[FilledPage, Mapping[str, str]] | None:
        """The coupon page and its texts; None where it can't be prepared."""
        now = self._refresh(request, offer)
        texts = _member_texts(member) | {"now": now.isoformat(timespec="milliseconds")}
        # Without the place's numbers, which are personal.
        seen = place and _SeenPlace(place.state, place.room_state)

        def render(texts: Mapping[str, str]) -> str:
            at: Any = _NowMark(texts["now"])
            who = _SeenMember(texts["member_id"], texts["member_name"])
            return self._render(request, COUPON_PAGE, offer, who, now=at, place=seen)

        key = COUPON_PAGE, bool(member.name), seen
        page = self._page(key, render, texts)
        return (page, texts) if page else None

    def place_page(
        self, request: Request, template: str, offer: Offer, member: Visitor, view: PlaceView
    ) -> tuple[FilledPage, Mapping[str, str]] | None:
        """The ticket page or its fragment, and its texts; None where it can't be prepared."""
        if view.issued_coupon is not None:
            return None
        self._refresh(request, offer)
        is_waiting = view.state in _WAITING
        texts = _member_texts(member)
        if is_waiting:
            texts |= {name: text for name in TEXTS if (text := getattr(view, name))}

        def render(texts: Mapping[str, str]) -> str:
            marks: dict[str, Any] = {name: texts[name] for name in TEXTS if name in texts}
            marked = view._replace(**marks)
            who = _SeenMember(texts["member_id"], texts["member_name"])
            return self._render(request, template, offer, who, place=marked)

        # All fields of a final view are in the key, so only a waiting one has texts to fill in.
        key = template, bool(member.name), view.shape if is_waiting else view
        page = self._page(key, render, texts)
        return (page, texts) if page else None

    def _page(
        self,
        key: tuple[object, ...],
        render: Render,
        texts: Mapping[str, str],
    ) -> FilledPage | None:
        if key not in self._ready:
            if len(self._ready) >= SHAPES_MAX:
                self._ready.clear()
            odd = {name: name + _PROBE if text else "" for name, text in texts.items()}
            self._ready[key] = prepare(render, odd)
            if self._ready[key] is None:
                log.info(
                    "page can't be prepared: its template computes with its texts", page=key[0]
                )
        return self._ready[key]

    def _refresh(self, request: Request, offer: Offer) -> datetime:
        """Forget all pages where the offer has changed, or begins or ends; returns the time."""
        now = get_container(request).offer_now(offer)
        if offer is not self._offer or (self._until is not None and now >= self._until):
            coupon = shown(offer, now, self._language)
            if (
                self._offer is None
                or coupon != self._coupon
                or offer.branding != self._offer.branding
            ):
                self._ready.clear()
            self._offer, self._coupon = offer, coupon
            times = coupon["lobby_opens_at"], coupon["opens_at"], coupon["expire_date"]
            self._until = min((at for at in times if at > now), default=None)
        return now

    def _render(
        self, request: Request, template: str, offer: Offer, member: _SeenMember, **context: Any
    ) -> str:
        return render_html(
            request,
            template,
            language=self._language,
            member=member,
            branded=offer,
            may_be_public=template == COUPON_PAGE,
            coupon=self._coupon,
            **context,
        )


def _raw_headers(response: Response) -> Headers:
    named = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
    return [*named, *RAW_HEADERS]


def _member_texts(member: Visitor) -> dict[str, str]:
    return {"member_id": member.id, "member_name": member.name}
