"""The plan of a room: publish a draft, preview, rehearse, clone or archive it, plan its rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from application.planning.publish_danger import find_publish_dangers
from domain.coupon import check_code
from domain.invalid_value import InvalidValue
from domain.planning.rehearsal import OPENS_IN_S_DEFAULT
from domain.room import Room
from domain.sites.site_room import SiteRoom
from issuance.errors import CodeTaken
from issuance.offers import Offer
from issuance.planning.clones import (
    clone_room,
    end_rehearsal,
    find_rehearsal,
    start_rehearsal,
)
from issuance.planning.errors import NotOver
from issuance.planning.find_room import get_source, room_of
from issuance.planning.rate_steps import set_rate_steps
from issuance.planning.stages import archive_room, publish_room, unarchive_room
from web.api.plans import get_room_plans, preview_url, rehearsal_url
from web.container import get_container, get_office
from web.dependencies import Admin, Operator, RoomCode, refuse_cross_site
from web.i18n import find_language
from web.pages.admin.labels import FieldError, describe_error
from web.pages.admin.plan_labels import STAGE_NAMES
from web.pages.admin.planning.steps_form import StepRow, read_rows, rows_of
from web.pages.admin.questions import Question, describe_dangers
from web.pages.render import page
from web.problems import sentence

router = APIRouter(prefix="/admin/rooms/{code}/plan", include_in_schema=False)

TEXT_MAX = 200


@router.get("")
async def show(request: Request, code: RoomCode, _who: Admin) -> Response:
    return await _page(request, code)


@router.post("/publish")
async def publish(
    request: Request, code: RoomCode, who: Operator, confirmed: Annotated[bool, Form()] = False
) -> Response:
    """Publish a draft. Asks first where it opens at once."""
    refuse_cross_site(request)
    room = room_of(await _source(request, code))
    dangers = find_publish_dangers(room.opens_at, get_container(request).now())
    if dangers and room.stage == "draft" and not confirmed:
        language = find_language(request)
        title, facts = describe_dangers(dangers, language)
        keep, confirm = language.gettext("Keep the draft"), language.gettext("Publish and open now")
        at = f"/admin/rooms/{code}/plan"
        question = Question(title, facts, keep, confirm, f"{at}/publish", at, {})
        return await _page(request, code, question=question)
    try:
        await get_room_plans(request).change(publish_room, code, who=who)
    except InvalidValue as error:
        return await _page(request, code, status=422, wrong={"publish": error})
    return _done(code)


@router.post("/clone")
async def clone(
    request: Request,
    code: RoomCode,
    who: Operator,
    new_code: Annotated[str, Form(max_length=TEXT_MAX)] = "",
) -> Response:
    refuse_cross_site(request)
    wanted = new_code.strip()
    try:
        check_code(wanted)
        made = await get_room_plans(request).change(clone_room, code, wanted, who=who)
    except InvalidValue as error:
        return await _page(request, code, status=422, wrong={"clone": error}, typed=wanted)
    except CodeTaken as error:
        taken = {"clone": str(sentence(error))}
        return await _page(request, code, status=422, wrong=taken, typed=wanted)
    return _done(made.code)


@router.post("/archive")
async def archive(request: Request, code: RoomCode, who: Operator) -> Response:
    refuse_cross_site(request)
    try:
        await get_room_plans(request).change(archive_room, code, who=who)
    except NotOver as error:
        wrong = {"archive": str(sentence(error))}
        return await _page(request, code, status=409, wrong=wrong)
    return _done(code)


@router.post("/unarchive")
async def unarchive(request: Request, code: RoomCode, who: Operator) -> Response:
    refuse_cross_site(request)
    await get_room_plans(request).change(unarchive_room, code, who=who)
    return _done(code)


@router.post("/rate-steps")
async def plan_rate(request: Request, code: RoomCode, who: Operator) -> Response:
    refuse_cross_site(request)
    rows, steps, error = await read_rows(request)
    if error is None:
        try:
            await get_room_plans(request).change(set_rate_steps, code, steps, who=who)
            return _done(code)
        except InvalidValue as invalid:
            error = invalid
    return await _page(request, code, status=422, wrong={"rate_steps": error}, rows=rows)


@router.post("/preview")
async def preview(request: Request, code: RoomCode, _who: Operator) -> Response:
    """Show a new preview link."""
    refuse_cross_site(request)
    room = room_of(await _source(request, code))
    return await _page(request, code, link=preview_url(request, room))


@router.post("/rehearse")
async def rehearse(
    request: Request, code: RoomCode, who: Operator, end: Annotated[bool, Form()] = False
) -> Response:
    """Start a rehearsal, or end it."""
    refuse_cross_site(request)
    plans = get_room_plans(request)
    if end:
        await plans.change(end_rehearsal, code, who=who)
    else:
        await plans.change(start_rehearsal, code, opens_in_s=OPENS_IN_S_DEFAULT, who=who)
    return _done(code)


def _done(code: str) -> Response:
    return RedirectResponse(f"/admin/rooms/{code}/plan?saved=1", 303)


async def _source(request: Request, code: str) -> Offer | SiteRoom:
    return await get_office(request).run(get_source, get_container(request).engine, code)


async def _page(
    request: Request,
    code: str,
    *,
    status: int = 200,
    wrong: Mapping[str, FieldError] | None = None,
    typed: str = "",
    rows: list[StepRow] | None = None,
    link: str = "",
    question: Question | None = None,
) -> Response:
    source, language = await _source(request, code), find_language(request)
    room = room_of(source)
    parts = get_container(request)
    rehearsal = await get_office(request).run(find_rehearsal, parts.engine, code)
    return page(
        request,
        "admin/plan.html",
        status=status,
        room=room,
        title=source.title if isinstance(source, SiteRoom) else source.coupon.description,
        stage=language.gettext(STAGE_NAMES[room.stage]),
        edit=edit_address(room),
        errors={name: describe_error(language, error) for name, error in (wrong or {}).items()},
        typed=typed,
        rows=rows or rows_of(room, language),
        preview_url=link,
        rehearsal=rehearsal,
        rehearsal_url=rehearsal_url(request, rehearsal) if rehearsal else "",
        question=question,
        saved="saved" in request.query_params and request.method == "GET",
        **_fits(room),
    )


def edit_address(room: Room) -> str:
    """The page of the room's settings."""
    if room.kind == "site":
        return f"/admin/site-rooms/{room.code}"
    return f"/admin/coupons/{room.code}/edit"


def _fits(room: Room) -> dict[str, Any]:
    """Which parts of the page this room has."""
    is_kept = room.archived_at is not None
    return {"is_draft": room.stage == "draft", "is_archived": is_kept}
