"""The console's form for a room's name, colour, message and logo."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from domain.branding import Logo
from domain.invalid_value import InvalidValue
from issuance.brandings import change_branding, change_logo
from issuance.offers import Offer
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import CouponCode, Operator
from web.i18n import find_language, to_translate
from web.pages.admin.coupon_form import Errors, form_from_offer
from web.pages.admin.coupon_form_page import edit_page

router = APIRouter(prefix="/admin/coupons/{code}", include_in_schema=False)

TEXT_MAX = 2_000
NO_PICTURE = to_translate("Please choose an image.")


@router.post("/branding")
async def change(
    request: Request,
    who: Operator,
    code: CouponCode,
    name: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    colour: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    message: Annotated[str, Form(max_length=TEXT_MAX)] = "",
) -> Response:
    parts = get_container(request)
    typed = {"name": name.strip(), "colour": colour.strip().lower(), "message": message.strip()}
    offer = await get_offer_cache(request).any_offer(code)
    try:
        await get_office(request).run(
            change_branding, parts.engine, code, typed, who=who, now=parts.now()
        )
    except InvalidValue as error:
        wrong: Errors = {error.field: error}
        form = form_from_offer(offer, find_language(request))
        return edit_page(request, offer, form, status=422, looks=typed, looks_errors=wrong)
    return _apply_branding(request, code)


@router.post("/logo")
async def put_logo(request: Request, who: Operator, code: CouponCode) -> Response:
    async with request.form(max_files=1, max_fields=1) as sent:
        file = sent.get("logo")
        picture = await file.read() if isinstance(file, UploadFile) else b""
    offer: Offer = await get_offer_cache(request).any_offer(code)
    try:
        logo = Logo(picture)
    except InvalidValue as error:
        wrong: Errors = {"logo": error if picture else NO_PICTURE}
        form = form_from_offer(offer, find_language(request))
        return edit_page(request, offer, form, status=422, looks_errors=wrong)
    return await _with_logo(request, code, logo, who)


@router.post("/no-logo")
async def remove_logo(request: Request, who: Operator, code: CouponCode) -> Response:
    return await _with_logo(request, code, None, who)


async def _with_logo(request: Request, code: str, logo: Logo | None, who: str) -> Response:
    parts = get_container(request)
    await get_office(request).run(change_logo, parts.engine, code, logo, who=who, now=parts.now())
    return _apply_branding(request, code)


def _apply_branding(request: Request, code: str) -> Response:
    get_offer_cache(request).forget()
    return RedirectResponse(f"/admin/coupons/{code}/edit?saved=1", 303)
