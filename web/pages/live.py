"""Live: the ticket page's fragment as server-sent events.

`page_teller` is the seam: asked once a stream, it gives whatever Teller the page is to have.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from waitroom.standing import Standing
from web.answers import place_of
from web.asking import RoomCode, visitor_of
from web.entrance import standing_of
from web.identity import NotSignedIn, Visitor
from web.live.answer import LiveAnswer, hub_of
from web.live.teller import Teller, event
from web.pages import room as ticket_page
from web.pages.render import page, shown
from web.parts import catalogue_of, parts_of

router = APIRouter(include_in_schema=False)

# Of a request's headers, what a fragment may depend on.
_KEPT = (b"cookie", b"accept-language")


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
    return LiveAnswer(hub, code, who.id, teller)


async def page_teller(request: Request, code: str, who: Visitor) -> Teller:
    """For whoever is signed in. Raises NoSuchCoupon, OfficeAway."""
    coupon = shown(await catalogue_of(request).offer(code), parts_of(request).now())
    headers = [pair for pair in request.scope["headers"] if pair[0] in _KEPT]
    kept = {
        "type": "http",
        "app": request.app,
        "method": "GET",
        "path": request.scope["path"],
        "query_string": b"",
        "headers": headers,
    }
    return HtmlTeller(Request(kept), code, coupon, who)


class HtmlTeller:
    """Renders the page's own template for each message, which takes a fifth of a millisecond."""

    def __init__(self, request: Request, code: str, coupon: dict[str, Any], who: Visitor) -> None:
        self._request = request
        self._code = code
        self._coupon = coupon
        self._who = who

    def message(self, standing: Standing, member_id: str) -> bytes:
        """A fragment for everybody, also for who has no place."""
        if not standing.in_line:
            return self._fragment(ticket_page._only(self._code, "absent"))
        tickets = parts_of(self._request).tickets
        place = place_of(standing, room=self._code, member_id=member_id, tickets=tickets)
        return self._fragment(ticket_page._shown(place), standing.facts.now_us)

    def unreachable(self, _member_id: str) -> bytes:
        return self._fragment(ticket_page._unreachable(self._request, self._code, self._who))

    def _fragment(self, place: Any, read_us: int | None = None) -> bytes:
        answer = page(self._request, "_place.html", coupon=self._coupon, place=place)
        return event(bytes(answer.body).decode().strip(), read_us=read_us)
