"""Branding API: a room's name, colour, message, return address and logo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from fastapi import APIRouter, Request

from domain.branding import Logo, LogoType
from issuance.brandings import change_branding, change_logo
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import Admin, Operator, RoomCode
from web.problems import documented, translate_value_errors
from web.schemas.admin import BrandingOut, BrandingPatch

router = APIRouter(prefix="/api/admin/rooms/{code}", tags=["admin"])

_ALWAYS = (
    "not_signed_in", "forbidden", "no_such_room", "bad_request", "body_too_large", "unavailable"
)  # fmt: skip
_PICTURES = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in get_args(LogoType)
        },
    }
}


@router.get("/branding", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def show(request: Request, code: RoomCode, _who: Admin) -> BrandingOut:
    """A room's branding. Empty values fall back to the site's."""
    try:
        offer = await get_offer_cache(request).any_offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    return _shown(offer)


@router.patch("/branding", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def change(
    request: Request, code: RoomCode, patch: BrandingPatch, who: Operator
) -> BrandingOut:
    """Change the given fields; an empty value restores the site's."""
    changes = {name: text for name, text in patch.model_dump().items() if text is not None}
    with translate_value_errors():
        return await _changed(request, code, change_branding, changes, who)


@router.put(
    "/logo", response_model=BrandingOut, responses=documented(*_ALWAYS), openapi_extra=_PICTURES
)
async def put_logo(request: Request, code: RoomCode, who: Operator) -> BrandingOut:
    """Set the logo. The request's body is the image: PNG, JPEG or WebP."""
    with translate_value_errors():
        picture = Logo(await request.body())
    return await _changed(request, code, change_logo, picture, who)


@router.delete("/logo", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def delete_logo(request: Request, code: RoomCode, who: Operator) -> BrandingOut:
    """Remove the logo, which restores the site's mark."""
    return await _changed(request, code, change_logo, None, who)


async def _changed(
    request: Request, code: str, change: Callable[..., Offer], given: Any, who: str
) -> BrandingOut:
    parts = get_container(request)
    try:
        offer = await get_office(request).run(
            change, parts.engine, code, given, who=who, now=parts.now()
        )
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    get_offer_cache(request).forget()
    return _shown(offer)


def _shown(offer: Offer) -> BrandingOut:
    branding = offer.branding
    return BrandingOut(
        name=branding.name,
        colour=branding.colour,
        message=branding.message,
        return_url=branding.return_url,
        logo_sha256=branding.logo_sha256,
    )
