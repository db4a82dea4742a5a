"""Serves a room's style sheet and logo under versioned URLs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.branding import Branding
from issuance.brandings import find_logo
from web.cache.static_files import FOR_EVER
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import RoomCode
from web.pages.colours import brand_css
from web.pages.render import colour_version, logo_version
from web.problems import Problem

router = APIRouter(prefix="/rooms/{code}", include_in_schema=False)

LOGOS_KEPT_MAX = 64
_FOR_EVER = {"Cache-Control": FOR_EVER}
_NOT_KEPT = {"Cache-Control": "no-store"}


@router.get("/brand.css")
async def style_sheet(request: Request, code: RoomCode) -> Response:
    return brand_css_response(request, (await get_offer_cache(request).offer(code)).branding)


@router.get("/logo")
async def logo(request: Request, code: RoomCode) -> Response:
    branding = (await get_offer_cache(request).offer(code)).branding
    return await logo_response(request, code, branding)


def brand_css_response(request: Request, branding: Branding) -> Response:
    """The style sheet in the branding's colour; empty without one."""
    css = brand_css(branding.colour) if branding.colour else ""
    version = colour_version(branding.colour)
    return Response(css, media_type="text/css", headers=_kept(request, version))


async def logo_response(request: Request, code: str, branding: Branding) -> Response:
    """The logo, cached in each process. Raises Problem not_found."""
    if not branding.logo_sha256:
        raise Problem("not_found")
    kept: dict[str, tuple[bytes, str]] = request.app.state.logos
    if branding.logo_sha256 not in kept:
        found = await get_office(request).run(find_logo, get_container(request).engine, code)
        if found is None:
            raise Problem("not_found")
        if len(kept) >= LOGOS_KEPT_MAX:
            kept.pop(next(iter(kept)))
        kept[branding.logo_sha256] = found.picture, found.type
    picture, kind = kept[branding.logo_sha256]
    headers = _kept(request, logo_version(branding.logo_sha256))
    return Response(picture, media_type=kind, headers=headers)


def _kept(request: Request, version: str) -> dict[str, str]:
    """Cacheable for ever only under the current version: another process may have a newer one."""
    asked = request.query_params.get("v", "")
    return _FOR_EVER if version and asked == version else _NOT_KEPT
