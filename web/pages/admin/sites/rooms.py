"""The console's rooms of sites: creating one, watching it, and changing it while it runs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from domain.invalid_value import InvalidValue
from domain.refusals import AlreadyStarted
from domain.room_settings import RoomSettings
from domain.sites.site_room import NEVER, SiteRoom
from domain.sites.site_settings import SiteSettings, split_settings
from issuance.errors import CodeTaken
from issuance.sites import sites
from issuance.sites.site_rooms import get_site_room
from web.api.admin_site_rooms import get_site_room_changes
from web.container import get_container, get_office
from web.dependencies import Admin, Operator, RoomCode
from web.i18n import Language, find_language
from web.pages.admin.coupon_form import CouponForm, format_field, format_fields
from web.pages.admin.plan_labels import stage_label
from web.pages.admin.sites.forms import (
    OF_SITE_ROOM,
    complete,
    form_context,
    form_of_room,
    is_draft,
    note_invalid,
    parse_form,
    sent_form,
)
from web.pages.admin.sites.sites import find_figures
from web.pages.render import page
from web.problems import sentence

router = APIRouter(prefix="/admin/site-rooms", include_in_schema=False)

_OWN = ("code", "title", "opens_at", "closes_at")
SiteQuery = Annotated[str, Query(max_length=64)]


@router.get("/new")
async def new_room(request: Request, _who: Operator, site: SiteQuery) -> Response:
    form = _fresh_form(get_container(request).now(), find_language(request))
    return await _new_page(request, site, form)


@router.post("/new")
async def create(request: Request, who: Operator, site: SiteQuery) -> Response:
    language = find_language(request)
    fresh = _fresh_form(get_container(request).now(), language)
    form = complete(await sent_form(request, OF_SITE_ROOM), fresh)
    values = parse_form(form, OF_SITE_ROOM, OF_SITE_ROOM, language.zone)
    if form.errors:
        return await _new_page(request, site, form, status=422)
    settings = {name: value for name, value in values.items() if name not in _OWN}
    try:
        of_all, own = split_settings(settings)
        made = await get_site_room_changes(request).create(
            site,
            values["code"],
            title=values["title"],
            opens_at=values["opens_at"],
            closes_at=values["closes_at"],
            room_settings=of_all,
            settings=own,
            stage="draft" if await is_draft(request) else "published",
            who=who,
        )
    except InvalidValue as error:
        note_invalid(form, error)
    except CodeTaken as error:
        form.errors["code"] = str(sentence(error))
    else:
        return RedirectResponse(f"/admin/site-rooms/{made.code}?saved=1", 303)
    return await _new_page(request, site, form, status=422)


@router.get("/{code}")
async def show(request: Request, _who: Admin, code: RoomCode) -> Response:
    room = await _find(request, code)
    return await _room_page(request, room, form_of_room(room, find_language(request)))


@router.post("/{code}")
async def change(request: Request, who: Operator, code: RoomCode) -> Response:
    """Change the fields that differ from the form's original values."""
    room, language = await _find(request, code), find_language(request)
    form = complete(await sent_form(request, OF_SITE_ROOM), form_of_room(room, language))
    values = parse_form(form, OF_SITE_ROOM, form.changed() - {"code"}, language.zone)
    if form.errors:
        return await _room_page(request, room, form, status=422)
    if "closes_at" in values and values["closes_at"] is None:
        values["closes_at"] = NEVER
    try:
        await get_site_room_changes(request).change(
            code, lambda before: before.change(**values), who=who
        )
    except InvalidValue as error:
        note_invalid(form, error)
    except AlreadyStarted as error:
        form.errors["opens_at"] = str(sentence(error))
    else:
        return RedirectResponse(f"/admin/site-rooms/{code}?saved=1", 303)
    return await _room_page(request, room, form, status=422)


async def _find(request: Request, code: str) -> SiteRoom:
    return await get_office(request).run(get_site_room, get_container(request).engine, code)


def _fresh_form(now: datetime, language: Language) -> CouponForm:
    """The default of each setting, from now on."""
    values = {**asdict(RoomSettings()), **asdict(SiteSettings())}
    texts = format_fields({name: values.get(name) for name in OF_SITE_ROOM}, language)
    texts["opens_at"] = format_field(now, language)
    return CouponForm(texts, {})


async def _new_page(
    request: Request, site_code: str, form: CouponForm, *, status: int = 200
) -> Response:
    site = await get_office(request).run(sites.get_site, get_container(request).engine, site_code)
    context = form_context(find_language(request), form, may_change=True)
    return page(request, "admin/site_room_new.html", status=status, site=site, **context)


async def _room_page(
    request: Request, room: SiteRoom, form: CouponForm, *, status: int = 200
) -> Response:
    may_change = request.state.admin.may_change
    context = form_context(find_language(request), form, may_change=may_change)
    return page(
        request,
        "admin/site_room.html",
        status=status,
        room=room,
        stage=stage_label(find_language(request), room.room),
        figures=await find_figures(request, room.code),
        saved="saved" in request.query_params and request.method == "GET",
        **context,
    )
