"""The name, colour, message and logo of a room, as the console changes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from domain.branding import Logo
from issuance.brandings import change_branding, change_logo
from issuance.offers import Offer
from web.container import catalogue_of, office_of, parts_of
from web.dependencies import CouponCode, Operator
from web.i18n import to_translate
from web.pages.admin.coupon_form import form_of
from web.pages.admin.coupon_form_page import edit_page

router = APIRouter(prefix="/admin/coupons/{code}", include_in_schema=False)

TEXT_MAX = 2_000
NO_PICTURE = to_translate("Please choose a picture.")


@router.post("/branding")
async def change(
    request: Request,
    who: Operator,
    code: CouponCode,
    name: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    colour: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    message: Annotated[str, Form(max_length=TEXT_MAX)] = "",
) -> Response:
    parts = parts_of(request)
    typed = {"name": name.strip(), "colour": colour.strip().lower(), "message": message.strip()}
    offer = await catalogue_of(request).offer(code)
    try:
        await office_of(request).ask(
            change_branding, parts.engine, code, typed, who=who, now=parts.now()
        )
    except ValueError as error:
        wrong = {str(error).split(maxsplit=1)[0]: str(error)}
        return edit_page(
            request, offer, form_of(offer), status=422, looks=typed, looks_errors=wrong
        )
    return _in_force(request, code)


@router.post("/logo")
async def put_logo(request: Request, who: Operator, code: CouponCode) -> Response:
    async with request.form(max_files=1, max_fields=1) as sent:
        file = sent.get("logo")
        picture = await file.read() if isinstance(file, UploadFile) else b""
    offer: Offer = await catalogue_of(request).offer(code)
    try:
        if not picture:
            raise ValueError(NO_PICTURE)
        logo = Logo(picture)
    except ValueError as error:
        wrong = {"logo": str(error)}
        return edit_page(request, offer, form_of(offer), status=422, looks_errors=wrong)
    return await _with_logo(request, code, logo, who)


@router.post("/no-logo")
async def remove_logo(request: Request, who: Operator, code: CouponCode) -> Response:
    return await _with_logo(request, code, None, who)


async def _with_logo(request: Request, code: str, logo: Logo | None, who: str) -> Response:
    parts = parts_of(request)
    await office_of(request).ask(change_logo, parts.engine, code, logo, who=who, now=parts.now())
    return _in_force(request, code)


def _in_force(request: Request, code: str) -> Response:
    catalogue_of(request).forget()
    return RedirectResponse(f"/admin/coupons/{code}/edit?saved=1", 303)
