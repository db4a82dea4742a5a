"""Admin API of the rooms of sites: create, read and change them."""

from __future__ import annotations

from fastapi import APIRouter, Request

from application.destinations.site.changes import SiteRoomChanges
from domain.refusals import refusals_of
from domain.sites.site_room import NEVER, SiteRoom
from domain.sites.site_settings import split_settings
from issuance.sites.site_rooms import get_site_room, list_site_rooms
from web.api.admin import stage_of
from web.container import get_container, get_office, get_site_rooms
from web.dependencies import Admin, Operator, RoomCode
from web.problems import Problem, documented, translate_value_errors
from web.schemas.sites import SiteRoomIn, SiteRoomOut, SiteRoomPatch

router = APIRouter(prefix="/api/admin/site-rooms", tags=["admin"])

_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")
_OWN = {"code", "site", "title", "opens_at", "closes_at", "never_closes", "version", "draft"}


def get_site_room_changes(request: Request) -> SiteRoomChanges:
    parts = get_container(request)
    known = get_site_rooms(request)
    return SiteRoomChanges(get_office(request), parts.engine, parts.line, known, parts.now)


@router.get("", response_model=list[SiteRoomOut], responses=documented(*_ALWAYS))
async def list_rooms(request: Request, _who: Admin) -> list[SiteRoomOut]:
    """The rooms of all sites, by opening."""
    found = await get_office(request).run(list_site_rooms, get_container(request).engine)
    return [SiteRoomOut.from_site_room(one) for one in found]


@router.post(
    "",
    status_code=201,
    response_model=SiteRoomOut,
    responses=documented(*_ALWAYS, "no_such_site", "code_taken", "body_too_large"),
)
async def create_room(request: Request, new: SiteRoomIn, who: Operator) -> SiteRoomOut:
    """Create a room of a site. No coupon or other room has its code."""
    with translate_value_errors():
        room_settings, settings = split_settings(new.model_dump(exclude=_OWN))
        made = await get_site_room_changes(request).create(
            new.site,
            new.code,
            title=new.title,
            opens_at=new.opens_at,
            closes_at=new.closes_at,
            room_settings=room_settings,
            settings=settings,
            stage=stage_of(new),
            who=who,
        )
    return SiteRoomOut.from_site_room(made)


@router.get("/{code}", response_model=SiteRoomOut, responses=documented(*_ALWAYS, "no_such_room"))
async def show_room(request: Request, code: RoomCode, _who: Admin) -> SiteRoomOut:
    """A room's settings. Its live figures: `GET /api/admin/rooms/{code}`."""
    found = await get_office(request).run(get_site_room, get_container(request).engine, code)
    return SiteRoomOut.from_site_room(found)


@router.patch(
    "/{code}",
    response_model=SiteRoomOut,
    responses=documented(
        *_ALWAYS, "no_such_room", *refusals_of("change"), "changed_meanwhile", "body_too_large"
    ),
)
async def change_room(
    request: Request, code: RoomCode, patch: SiteRoomPatch, who: Operator
) -> SiteRoomOut:
    """Change a room while it runs; in force at once in all processes.

    Send the `version` that you read to avoid overwriting another admin's change.
    """
    if patch.never_closes and patch.closes_at is not None:
        raise Problem("bad_request", "Send closes_at or never_closes, not both.")
    closes_at = NEVER if patch.never_closes else patch.closes_at
    settings = patch.model_dump(exclude=_OWN)

    def alter(before: SiteRoom) -> SiteRoom:
        times = {"opens_at": patch.opens_at, "closes_at": closes_at}
        return before.change(title=patch.title, **times, **settings)

    with translate_value_errors():
        changed = await get_site_room_changes(request).change(
            code, alter, who=who, version=patch.version
        )
    return SiteRoomOut.from_site_room(changed)
