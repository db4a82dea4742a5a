"""The console's sites: the list with their rooms, creating, changing, and rotating secrets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.invalid_value import InvalidValue
from domain.settings_spec import DAY_S
from domain.sites.site import SecretPurpose, Site
from issuance.sites import secrets, sites
from issuance.sites.errors import NoSecretsKey, SiteCodeTaken
from issuance.sites.site_rooms import list_site_rooms
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.stats.room_stats import RoomStats
from web.api.admin_sites import SiteCode
from web.container import get_container, get_office
from web.dependencies import Admin, Operator
from web.i18n import find_language
from web.pages.admin.coupon_form import CouponForm
from web.pages.admin.sites.forms import (
    OF_SITE,
    complete,
    form_context,
    form_of_site,
    note_invalid,
    parse_form,
    sent_form,
)
from web.pages.render import page
from web.problems import sentence

router = APIRouter(prefix="/admin/sites", include_in_schema=False)

# Until a new pass secret signs, so that verifiers can get it.
BEGINS_IN_S = 600


@router.get("")
async def list_all(request: Request, _who: Admin) -> Response:
    """All sites, each with its rooms and their figures."""
    parts, office = get_container(request), get_office(request)
    found = await office.run(sites.list_sites, parts.engine)
    rooms = await office.run(list_site_rooms, parts.engine)
    return page(
        request,
        "admin/sites.html",
        sites=found,
        rooms={site.code: [one for one in rooms if one.site == site] for site in found},
        figures={one.code: await find_figures(request, one.code) for one in rooms},
    )


async def find_figures(request: Request, code: str) -> RoomStats | None:
    """The room's figures; None where the line does not answer, or not yet for this room."""
    try:
        return await get_container(request).line.room_stats(code)
    except (LineAway, NoSuchRoom):
        return None


@router.get("/new")
async def new_site(request: Request, _who: Operator) -> Response:
    return _new_page(request, form_of_site(None))


@router.post("/new")
async def create(request: Request, who: Operator) -> Response:
    """Create a site; the answer shows its API key, once."""
    parts, office = get_container(request), get_office(request)
    form = complete(await sent_form(request, OF_SITE), form_of_site(None))
    values = parse_form(form, OF_SITE, OF_SITE, find_language(request).zone)
    now = parts.now()
    try:
        made = await office.run(
            sites.create_site,
            parts.engine,
            values["code"],
            values["site_name"],
            values["hosts"],
            who=who,
            now=now,
        )
    except InvalidValue as error:
        note_invalid(form, error)
        return _new_page(request, form, status=422)
    except SiteCodeTaken as error:
        form.errors["code"] = str(sentence(error))
        return _new_page(request, form, status=422)
    key = await office.run(
        secrets.make_api_key, parts.engine, made.code, keep_s=0, who=who, now=now
    )
    site = await office.run(sites.get_site, parts.engine, made.code)
    return _site_page(request, site, form_of_site(site), secret=key, purpose="api_key")


@router.get("/{code}")
async def show(request: Request, _who: Admin, code: SiteCode) -> Response:
    site = await get_office(request).run(sites.get_site, get_container(request).engine, code)
    return _site_page(request, site, form_of_site(site))


@router.post("/{code}")
async def change(request: Request, who: Operator, code: SiteCode) -> Response:
    """Change the fields that differ from the form's original values."""
    parts, office = get_container(request), get_office(request)
    site = await office.run(sites.get_site, parts.engine, code)
    form = complete(await sent_form(request, OF_SITE), form_of_site(site))
    changed = form.changed() - {"code"}
    values = parse_form(form, OF_SITE, changed, find_language(request).zone)
    try:
        await office.run(
            sites.change_site,
            parts.engine,
            code,
            name=values.get("site_name"),
            hosts=values.get("hosts"),
            who=who,
            now=parts.now(),
        )
    except InvalidValue as error:
        note_invalid(form, error)
        return _site_page(request, site, form, status=422)
    return RedirectResponse(f"/admin/sites/{code}?saved=1", 303)


@router.post("/{code}/api-key")
async def rotate_api_key(request: Request, who: Operator, code: SiteCode) -> Response:
    """Make a new API key, and show it once; earlier ones stay valid for a day."""
    parts, office = get_container(request), get_office(request)
    key = await office.run(
        secrets.make_api_key, parts.engine, code, keep_s=DAY_S, who=who, now=parts.now()
    )
    site = await office.run(sites.get_site, parts.engine, code)
    return _site_page(request, site, form_of_site(site), secret=key, purpose="api_key")


@router.post("/{code}/pass-secret")
async def rotate_pass_secret(request: Request, who: Operator, code: SiteCode) -> Response:
    """Make a new pass secret, and show it once; it signs after BEGINS_IN_S, the first at once."""
    parts, office = get_container(request), get_office(request)
    try:
        secret = await office.run(
            secrets.make_pass_secret,
            parts.engine,
            code,
            parts.secret_encryption,
            begins_in_s=BEGINS_IN_S,
            keep_s=DAY_S,
            who=who,
            now=parts.now(),
        )
    except NoSecretsKey as error:
        site = await office.run(sites.get_site, parts.engine, code)
        form = form_of_site(site)
        form.errors[""] = str(sentence(error))
        return _site_page(request, site, form, status=409)
    site = await office.run(sites.get_site, parts.engine, code)
    return _site_page(request, site, form_of_site(site), secret=secret, purpose="pass")


def _new_page(request: Request, form: CouponForm, *, status: int = 200) -> Response:
    context = form_context(find_language(request), form, may_change=True)
    return page(request, "admin/site_new.html", status=status, **context)


def _site_page(
    request: Request,
    site: Site,
    form: CouponForm,
    *,
    status: int = 200,
    secret: str = "",
    purpose: SecretPurpose | None = None,
) -> Response:
    """secret: a new one, to be shown this once."""
    may_change = request.state.admin.may_change
    context: dict[str, Any] = form_context(find_language(request), form, may_change=may_change)
    answer = page(
        request,
        "admin/site.html",
        status=status,
        site=site,
        secret=secret,
        purpose=purpose,
        saved="saved" in request.query_params and request.method == "GET",
        **context,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
