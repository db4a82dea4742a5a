"""The way into a site: claims the visitor's turn, and takes them to the address they wanted."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.sites.site_room import SiteRoom
from waitroom.errors import LineError, NotYourTurn
from waitroom.poll_interval import UNREACHABLE_S
from web.auth.member_tokens import Visitor
from web.dependencies import RoomCode, refuse_cross_site
from web.pages.site.room import asked_target, room_path, show, views_of
from web.sites.claims import claim_address
from web.sites.navigation import is_navigation
from web.sites.rooms import get_site_room
from web.sites.visitors import find_site_visitor

router = APIRouter(prefix="/rooms/{code}", include_in_schema=False)


@router.get("/go")
async def follow_link(request: Request, code: RoomCode) -> Response:
    """A link, not a form: `form-action 'self'` would stop a form's redirect to the site."""
    room, who = await get_site_room(request, code), find_site_visitor(request)
    if who is None:
        return RedirectResponse(room_path(request, room), 303)
    if not is_navigation(request):
        # The page has a button, for browsers that don't say that somebody navigates.
        return show(request, room, views_of(request, room).plain("called"), asks_by_form=True)
    return await _claimed(request, room, who, is_form=False)


@router.post("/go")
async def press_button(request: Request, code: RoomCode) -> Response:
    """As the link, but answers with a page that has the address."""
    refuse_cross_site(request)
    room, who = await get_site_room(request, code), find_site_visitor(request)
    if who is None:
        return RedirectResponse(room_path(request, room), 303)
    return await _claimed(request, room, who, is_form=True)


async def _claimed(request: Request, room: SiteRoom, who: Visitor, *, is_form: bool) -> Response:
    try:
        address = await claim_address(request, room, who, asked_target(request, room))
    except NotYourTurn:
        return RedirectResponse(room_path(request, room), 303)
    except LineError:
        view = views_of(request, room).plain("unreachable", UNREACHABLE_S)
        return show(request, room, view, 503)
    if not is_form:
        return RedirectResponse(address, 303)
    return show(request, room, views_of(request, room).plain("inside"), address=address)
