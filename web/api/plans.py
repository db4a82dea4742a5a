"""Admin API of plans: drafts, previews, rehearsals, clones, the archive, and rate steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter, Request

from application.planning.room_plans import RoomPlans
from domain.coupon import check_code
from domain.planning.rate_steps import RateStep
from domain.room import Room
from issuance.planning.clones import clone_room, end_rehearsal, start_rehearsal
from issuance.planning.rate_steps import set_rate_steps
from issuance.planning.stages import (
    archive_room,
    get_room,
    list_rooms,
    publish_room,
    unarchive_room,
)
from web.auth.previews import AGE_MAX_S
from web.container import get_container, get_offer_cache, get_office, get_site_rooms
from web.dependencies import Admin, Operator, RoomCode
from web.problems import documented, translate_value_errors
from web.schemas.plans import (
    CloneIn,
    PlanOut,
    PreviewLinkOut,
    RateStepsIn,
    RehearsalIn,
    RehearsalOut,
)

router = APIRouter(prefix="/api/admin/rooms", tags=["admin"])

_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")
_CHANGE = documented(*_ALWAYS, "no_such_room", "rehearsal_is_fixed")


def get_room_plans(request: Request) -> RoomPlans:
    parts = get_container(request)

    def forget() -> None:
        get_offer_cache(request).forget()
        get_site_rooms(request).forget()

    return RoomPlans(get_office(request), parts.engine, parts.line, parts.now, forget)


@router.get("", response_model=list[PlanOut], responses=documented(*_ALWAYS))
async def list_plans(request: Request, _who: Admin, archived: bool = False) -> list[PlanOut]:
    """The rooms of all kinds and stages by opening, without archived ones.

    `archived=true`: only these.
    """
    found: Sequence[Room] = await get_office(request).run(
        list_rooms, get_container(request).engine, archived=archived
    )
    return [PlanOut.from_room(room) for room in found]


@router.get("/{code}/plan", response_model=PlanOut, responses=documented(*_ALWAYS, "no_such_room"))
async def show_plan(request: Request, code: RoomCode, _who: Admin) -> PlanOut:
    """A room's stage and schedule, also of a draft."""
    room = await get_office(request).run(get_room, get_container(request).engine, code)
    return PlanOut.from_room(room)


@router.post("/{code}/publish", response_model=PlanOut, responses=_CHANGE)
async def publish(request: Request, code: RoomCode, who: Operator) -> PlanOut:
    """Publish a draft: from now on it is a room like any other. Repeating it changes nothing."""
    with translate_value_errors():
        room = await get_room_plans(request).change(publish_room, code, who=who)
    return PlanOut.from_room(room)


@router.post(
    "/{code}/clone",
    status_code=201,
    response_model=PlanOut,
    responses=documented(
        *_ALWAYS, "no_such_room", "rehearsal_is_fixed", "code_taken", "body_too_large"
    ),
)
async def clone(request: Request, code: RoomCode, new: CloneIn, who: Operator) -> PlanOut:
    """Copy a room's settings and branding into a new draft, without its members.

    A copy of a room that has opened opens at the same time of a week to come.
    """
    with translate_value_errors():
        check_code(new.code)
        room = await get_room_plans(request).change(clone_room, code, new.code, who=who)
    return PlanOut.from_room(room)


@router.post(
    "/{code}/archive",
    response_model=PlanOut,
    responses=documented(*_ALWAYS, "no_such_room", "not_over"),
)
async def archive(request: Request, code: RoomCode, who: Operator) -> PlanOut:
    """Take a room that is over, or a draft, out of all lists. Its result and changes stay."""
    room = await get_room_plans(request).change(archive_room, code, who=who)
    return PlanOut.from_room(room)


@router.post("/{code}/unarchive", response_model=PlanOut, responses=_CHANGE)
async def unarchive(request: Request, code: RoomCode, who: Operator) -> PlanOut:
    """List an archived room again."""
    room = await get_room_plans(request).change(unarchive_room, code, who=who)
    return PlanOut.from_room(room)


@router.put(
    "/{code}/rate-steps",
    response_model=PlanOut,
    responses=documented(*_ALWAYS, "no_such_room", "body_too_large"),
)
async def put_rate_steps(
    request: Request, code: RoomCode, new: RateStepsIn, who: Operator
) -> PlanOut:
    """Replace all rate steps. The admitter applies each once, at its time.

    A rate that an admin sets meanwhile counts until the next step.
    """
    with translate_value_errors():
        steps = [RateStep(one.at, one.rate_per_s) for one in new.steps]
        room = await get_room_plans(request).change(set_rate_steps, code, steps, who=who)
    return PlanOut.from_room(room)


@router.post(
    "/{code}/rehearsal",
    status_code=201,
    response_model=RehearsalOut,
    responses=documented(*_ALWAYS, "no_such_room", "rehearsal_is_fixed", "body_too_large"),
)
async def rehearse(
    request: Request, code: RoomCode, new: RehearsalIn, who: Operator
) -> RehearsalOut:
    """Start a rehearsal: a hidden copy with real parts, for everybody who has its address.

    The room's rehearsal until now ends. What it issues never counts for the room.
    """
    room = await get_room_plans(request).change(
        start_rehearsal, code, opens_in_s=new.opens_in_s, who=who
    )
    return RehearsalOut(
        code=room.code,
        url=rehearsal_url(request, room),
        opens_at=room.opens_at,
        closes_at=room.closes_at,
    )


@router.delete("/{code}/rehearsal", status_code=204, responses=documented(*_ALWAYS, "no_such_room"))
async def stop_rehearsal(request: Request, code: RoomCode, who: Operator) -> None:
    """End the room's rehearsal for good. Without one nothing changes."""
    await get_room_plans(request).change(end_rehearsal, code, who=who)


def rehearsal_url(request: Request, room: Room) -> str:
    """Where those who take part begin; a path where BASE_URL is not set."""
    folder = "coupons" if room.kind == "coupon" else "rooms"
    return f"{get_container(request).base_url.rstrip('/')}/{folder}/{room.code}"


@router.post(
    "/{code}/preview-links",
    status_code=201,
    response_model=PreviewLinkOut,
    responses=documented(*_ALWAYS, "no_such_room"),
)
async def make_preview_link(request: Request, code: RoomCode, _who: Operator) -> PreviewLinkOut:
    """An address that shows the room's pages in every state, also of a draft, for 7 days.

    Everybody who has it can read them; it names no member, and changes nothing.
    """
    room = await get_office(request).run(get_room, get_container(request).engine, code)
    return PreviewLinkOut(
        url=preview_url(request, room),
        ends_at=get_container(request).now() + timedelta(seconds=AGE_MAX_S),
    )


def preview_url(request: Request, room: Room) -> str:
    """The address of a new preview link; a path where BASE_URL is not set."""
    parts = get_container(request)
    return f"{parts.base_url.rstrip('/')}/preview/{parts.previews.sign(room.code, room.id)}"
