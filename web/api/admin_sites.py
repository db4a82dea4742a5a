"""Admin API of sites: create, read and change them, and rotate their secrets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from domain.coupon import CODE
from issuance.sites import secrets, sites
from issuance.sites.errors import NoSuchSite
from web.container import get_container, get_office
from web.dependencies import Admin, Operator
from web.problems import documented, translate_value_errors
from web.schemas.sites import (
    ApiKeyOut,
    NewSiteOut,
    PassSecretOut,
    RotateApiKey,
    RotatePassSecret,
    SiteIn,
    SiteOut,
    SitePatch,
)

router = APIRouter(prefix="/api/admin/sites", tags=["admin"])

_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")


async def site_code(code: Annotated[str, Path(max_length=64)]) -> str:
    """A well-formed code; others get `no_such_site` without asking a store."""
    if not CODE.fullmatch(code):
        raise NoSuchSite
    return code


SiteCode = Annotated[str, Depends(site_code)]


@router.get("", response_model=list[SiteOut], responses=documented(*_ALWAYS))
async def list_sites(request: Request, _who: Admin) -> list[SiteOut]:
    """All sites, by code."""
    found = await get_office(request).run(sites.list_sites, get_container(request).engine)
    return [SiteOut.from_site(site) for site in found]


@router.post(
    "",
    status_code=201,
    response_model=NewSiteOut,
    responses=documented(*_ALWAYS, "code_taken", "body_too_large"),
)
async def create_site(request: Request, new: SiteIn, who: Operator) -> NewSiteOut:
    """Create a site, with the API key of its programs: it is shown only now."""
    parts, office = get_container(request), get_office(request)
    now = parts.now()
    with translate_value_errors():
        site = await office.run(
            sites.create_site, parts.engine, new.code, new.name, new.hosts, who=who, now=now
        )
    key = await office.run(
        secrets.make_api_key, parts.engine, site.code, keep_s=0, who=who, now=now
    )
    made = await office.run(sites.get_site, parts.engine, site.code)
    return NewSiteOut(**SiteOut.from_site(made).model_dump(), api_key=key)


@router.get("/{code}", response_model=SiteOut, responses=documented(*_ALWAYS, "no_such_site"))
async def show_site(request: Request, code: SiteCode, _who: Admin) -> SiteOut:
    """A site, and when its secrets start and end."""
    found = await get_office(request).run(sites.get_site, get_container(request).engine, code)
    return SiteOut.from_site(found)


@router.patch(
    "/{code}",
    response_model=SiteOut,
    responses=documented(*_ALWAYS, "no_such_site", "body_too_large"),
)
async def change_site(request: Request, code: SiteCode, patch: SitePatch, who: Operator) -> SiteOut:
    """Change a site's name, or all its hosts."""
    parts = get_container(request)
    with translate_value_errors():
        changed = await get_office(request).run(
            sites.change_site, parts.engine, code, **patch.model_dump(), who=who, now=parts.now()
        )
    return SiteOut.from_site(changed)


@router.post(
    "/{code}/api-key",
    status_code=201,
    response_model=ApiKeyOut,
    responses=documented(*_ALWAYS, "no_such_site", "body_too_large"),
)
async def rotate_api_key(
    request: Request, code: SiteCode, asked: RotateApiKey, who: Operator
) -> ApiKeyOut:
    """Make a new API key, valid at once; earlier ones end after `keep_s`."""
    parts = get_container(request)
    key = await get_office(request).run(
        secrets.make_api_key,
        parts.engine,
        code,
        keep_s=asked.keep_s,
        who=who,
        now=parts.now(),
    )
    return ApiKeyOut(api_key=key)


@router.post(
    "/{code}/pass-secret",
    status_code=201,
    response_model=PassSecretOut,
    responses=documented(*_ALWAYS, "no_such_site", "no_secrets_key", "body_too_large"),
)
async def rotate_pass_secret(
    request: Request, code: SiteCode, asked: RotatePassSecret, who: Operator
) -> PassSecretOut:
    """Make a new secret for passes with HS256; it signs after `begins_in_s`, the first at once."""
    parts = get_container(request)
    secret = await get_office(request).run(
        secrets.make_pass_secret,
        parts.engine,
        code,
        parts.secret_encryption,
        begins_in_s=asked.begins_in_s,
        keep_s=asked.keep_s,
        who=who,
        now=parts.now(),
    )
    return PassSecretOut(pass_secret=secret)
