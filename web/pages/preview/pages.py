"""Preview: what members will see of a room in every state, for everybody who has the link.

Each page comes from the templates of the real one. It knows no member and changes nothing: its own
Content-Security-Policy forbids scripts and forms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from domain.phase import LOBBY, ROOM_PHASE
from domain.refusals import REFUSALS
from domain.room import RoomKind
from domain.sites.site_room import SiteRoom
from issuance.offers import Offer
from waitroom.poll_interval import UNREACHABLE_S
from web.container import get_container, get_offer_cache, get_site_rooms
from web.i18n import COOKIE, Language, find_language, say_language
from web.pages.member.branding import brand_css_response, logo_response
from web.pages.member.place_view import UNREACHABLE, PlaceView, plain, refused
from web.pages.preview.scenes import (
    MEMBER,
    Scene,
    list_scenes,
    offer_in,
    sample_place,
    sample_refusal,
)
from web.pages.render import make_brand, render_html, shown
from web.pages.site.site_view import SiteViews
from web.problems import Problem

router = APIRouter(prefix="/preview/{token}", include_in_schema=False)

HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
    # Beside the one of all answers: both must allow what a page does.
    "Content-Security-Policy": "sandbox allow-same-origin; script-src 'none'; form-action 'none'",
}


class Example(NamedTuple):
    """Nobody: the member of a preview."""

    id: str
    name: str


@router.get("")
async def preview(request: Request, token: str) -> Response:
    """All states, each with its address."""
    source, language = await _source(request, token), find_language(request)
    query = f"?{COOKIE}={language.code}"
    scenes = [
        {
            "name": scene.name,
            "caption": _caption(request, source, scene, language),
            "address": f"/preview/{token}/{scene.name}{query}",
        }
        for scene in list_scenes(_kind(source))
    ]
    html = render_html(
        request,
        "preview.html",
        language=language,
        member=None,
        heading=source.title if isinstance(source, SiteRoom) else source.coupon.description,
        scenes=scenes,
    )
    return _answer(html, language)


@router.get("/brand.css")
async def style_sheet(request: Request, token: str) -> Response:
    source = await _source(request, token)
    if isinstance(source, SiteRoom):
        raise Problem("not_found")
    return brand_css_response(request, source.branding)


@router.get("/logo")
async def logo(request: Request, token: str) -> Response:
    source = await _source(request, token)
    if isinstance(source, SiteRoom):
        raise Problem("not_found")
    return await logo_response(request, source.coupon.code, source.branding)


@router.get("/{scene}")
async def show_scene(request: Request, token: str, scene: str) -> Response:
    """The page in one state."""
    source, language = await _source(request, token), find_language(request)
    found = next((one for one in list_scenes(_kind(source)) if one.name == scene), None)
    if found is None:
        raise Problem("not_found")
    if isinstance(source, SiteRoom):
        template, context = "site/room.html", _site_context(request, source, found, language)
    elif found.coupon_phase:
        template, context = "coupon.html", _coupon_context(request, source, found, language)
    else:
        template, context = "room.html", _ticket_context(request, source, found, language)
    if not isinstance(source, SiteRoom):
        context["brand"] = make_brand(source, f"/preview/{token}")
    example = Example(MEMBER, language.gettext("Example member"))
    html = render_html(request, template, language=language, member=example, asked=(), **context)
    return _answer(html, language)


def _answer(html: str, language: Language) -> Response:
    response = HTMLResponse(html, headers=HEADERS)
    say_language(response, language)
    return response


async def _source(request: Request, token: str) -> Offer | SiteRoom:
    """The room of the link, also a draft. Raises Problem not_found."""
    wanted = get_container(request).previews.verify(token)
    if wanted is None:
        raise Problem("not_found")
    found: Offer | SiteRoom | None = (await get_offer_cache(request).all_entries()).get(wanted.code)
    found = found or (await get_site_rooms(request).all_entries()).get(wanted.code)
    if found is None or found.room is None or found.room.id != wanted.id:
        raise Problem("not_found")
    if isinstance(found, SiteRoom):
        request.state.site_room = found
    return found


def _kind(source: Offer | SiteRoom) -> RoomKind:
    return "site" if isinstance(source, SiteRoom) else "coupon"


def _caption(request: Request, source: Offer | SiteRoom, scene: Scene, language: Language) -> str:
    """What the page says of its state."""
    if scene.coupon_phase:
        return _coupon_caption(scene, language)
    if isinstance(source, SiteRoom):
        return _site_view(request, source, scene, language).news
    return _view(request, source, scene, language).news


def _coupon_caption(scene: Scene, language: Language) -> str:
    if scene.coupon_phase == LOBBY.word:
        return language.gettext("The lobby is open")
    return language.gettext(ROOM_PHASE[scene.coupon_phase].label)


def _coupon_context(
    request: Request, offer: Offer, scene: Scene, language: Language
) -> dict[str, Any]:
    now = get_container(request).line_now()
    seen = offer_in(offer, scene.coupon_phase, now)
    return {"branded": seen, "coupon": shown(seen, now, language), "place": None}


def _ticket_context(
    request: Request, offer: Offer, scene: Scene, language: Language
) -> dict[str, Any]:
    now = get_container(request).line_now()
    seen = offer_in(offer, scene.room_phase, now)
    view = _view(request, offer, scene, language)
    return {"branded": seen, "coupon": shown(seen, now, language), "place": view}


def _view(request: Request, offer: Offer, scene: Scene, language: Language) -> PlaceView:
    code, now = offer.coupon.code, get_container(request).line_now()
    site_name = offer.branding.name or get_container(request).site_name
    words: dict[str, Any] = {"language": language, "site_name": site_name}
    if scene.refusal:
        kind = REFUSALS[scene.refusal]
        retry_after_s = kind.retry_after_s if kind.may_retry else None
        refusal = sample_refusal(scene.refusal)
        return refused(code, refusal, retry_after_s=retry_after_s, **words)
    if scene.place in (UNREACHABLE, "absent"):
        return plain(code, scene.place, ask_again_s=UNREACHABLE_S, arrived_at=now, **words)
    return PlaceView.from_place(sample_place(scene, code, now), now=now, **words)


def _site_context(
    request: Request, room: SiteRoom, scene: Scene, language: Language
) -> dict[str, Any]:
    view = _site_view(request, room, scene, language)
    return {"room": room, "place": view, "follows": False, "who": None}


def _site_view(request: Request, room: SiteRoom, scene: Scene, language: Language) -> PlaceView:
    views, now = SiteViews(room, language, ""), get_container(request).line_now()
    if scene.refusal:
        return views.refused(sample_refusal(scene.refusal))
    if scene.place in (UNREACHABLE, "absent"):
        return views.plain(scene.place, UNREACHABLE_S)
    return views.view(sample_place(scene, room.code, now), now)
