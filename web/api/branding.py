"""Branding: how a room looks to those who wait in it, as an admin sets it."""

from __future__ import annotations

from fastapi import APIRouter, Request

from domain.branding import Logo
from issuance.brandings import change_branding, change_logo
from issuance.catalogue import Offer
from issuance.errors import NoSuchCoupon
from waitroom.errors import NoSuchRoom
from web.asking import Admin, Operator, RoomCode
from web.parts import catalogue_of, office_of, parts_of
from web.problems import Problem, documented
from web.shapes import BrandingOut, BrandingPatch

router = APIRouter(prefix="/api/admin/rooms/{code}", tags=["admin"])

_ALWAYS = (
    "not_signed_in", "forbidden", "no_such_room", "bad_request", "body_too_large", "unavailable"
)  # fmt: skip
_PICTURES = {
    "requestBody": {
        "required": True,
        "content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")},
    }
}


@router.get("/branding", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def show(request: Request, code: RoomCode, _who: Admin) -> BrandingOut:
    """What is empty is as everywhere on the site."""
    try:
        offer = await catalogue_of(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    return _shown(offer)


@router.patch("/branding", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def change(
    request: Request, code: RoomCode, patch: BrandingPatch, who: Operator
) -> BrandingOut:
    """Change the name, the colour or the message; an empty one is the site's own again."""
    changes = {name: text for name, text in patch.model_dump().items() if text is not None}
    parts = parts_of(request)
    try:
        offer = await office_of(request).ask(
            change_branding, parts.engine, code, changes, who=who, now=parts.now()
        )
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    except ValueError as error:
        raise Problem("bad_request", str(error)) from error
    return _in_force(request, offer)


@router.put(
    "/logo", response_model=BrandingOut, responses=documented(*_ALWAYS), openapi_extra=_PICTURES
)
async def put_logo(request: Request, code: RoomCode, who: Operator) -> BrandingOut:
    """The request's body is the picture: PNG, JPEG or WebP."""
    try:
        picture = Logo(await request.body())
    except ValueError as error:
        raise Problem("bad_request", str(error)) from error
    return await _with_logo(request, code, picture, who)


@router.delete("/logo", response_model=BrandingOut, responses=documented(*_ALWAYS))
async def delete_logo(request: Request, code: RoomCode, who: Operator) -> BrandingOut:
    """The site's own mark again."""
    return await _with_logo(request, code, None, who)


async def _with_logo(request: Request, code: str, picture: Logo | None, who: str) -> BrandingOut:
    parts = parts_of(request)
    try:
        offer = await office_of(request).ask(
            change_logo, parts.engine, code, picture, who=who, now=parts.now()
        )
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    return _in_force(request, offer)


def _in_force(request: Request, offer: Offer) -> BrandingOut:
    catalogue_of(request).forget()
    return _shown(offer)


def _shown(offer: Offer) -> BrandingOut:
    branding = offer.branding
    return BrandingOut(
        name=branding.name,
        colour=branding.colour,
        message=branding.message,
        logo_sha256=branding.logo_sha256,
    )
