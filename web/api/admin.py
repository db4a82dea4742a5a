"""Admin API: create and change coupons, change and read rooms, read the audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request

from application import change_room as room_changes
from domain.coupon import Coupon, is_code
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.refusals import Unavailable, refusals_of
from domain.room import Stage
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS
from issuance import audit, offers
from issuance.offers import Offer
from issuance.postgres.connection_stats import count_open_connections
from waitroom.errors import LineError
from web.api.figures import read_figures
from web.container import get_container, get_offer_changes, get_office
from web.dependencies import Admin, CouponCode, Operator, RoomCode
from web.problems import Problem, documented, translate_value_errors
from web.schemas.admin import (
    AuditOut,
    CouponIn,
    CouponPatch,
    DbConnections,
    RoomOut,
    RoomPatch,
    VisitStatsOut,
)
from web.schemas.public import CouponOut, Discount
from web.schemas.sites import SiteRoomIn

router = APIRouter(prefix="/api/admin", tags=["admin"])

KEPT = "The change is saved. It takes effect as soon as the line can be reached."
_ALWAYS = ("not_signed_in", "forbidden", "bad_request", "unavailable")


@router.post(
    "/coupons",
    status_code=201,
    response_model=CouponOut,
    responses=documented(*_ALWAYS, "code_taken", "body_too_large"),
)
async def create_coupon(request: Request, new: CouponIn, who: Operator) -> CouponOut:
    """Create a coupon; with issuing `queue`, also its room."""
    parts = get_container(request)
    with_line = new.issuing == "queue"
    with translate_value_errors():
        coupon = Coupon(
            id=uuid4(),
            code=new.code,
            description=new.description,
            discount=_policy(new.discount),
            inventory=Inventory(new.total_count),
            opens_at=new.opens_at,
            expire_date=new.expire_date,
            issuing=new.issuing,
        )
        room = RoomSettings(**new.room.model_dump()) if with_line else None
        made = await get_office(request).run(
            offers.create_offer,
            parts.engine,
            coupon,
            room,
            stage=stage_of(new),
            who=who,
            now=parts.now(),
        )
    await get_offer_changes(request).apply(made)
    return CouponOut.from_offer(made, parts.offer_now(made))


@router.patch(
    "/coupons/{code}",
    response_model=CouponOut,
    responses=documented(*_ALWAYS, "no_such_coupon", *refusals_of("change"), "body_too_large"),
)
async def change_coupon(
    request: Request, code: CouponCode, patch: CouponPatch, who: Operator
) -> CouponOut:
    """Change a coupon. What members rely on is fixed once issuing has started."""

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        changed = offer.coupon.change(
            description=patch.description,
            discount=_policy(patch.discount) if patch.discount else None,
            total_count=patch.total_count,
            opens_at=patch.opens_at,
            expire_date=patch.expire_date,
        )
        return changed, offer.settings

    with translate_value_errors():
        changed = await get_offer_changes(request).change(
            code, alter, who=who, what="coupon changed"
        )
    return CouponOut.from_offer(changed, get_container(request).offer_now(changed))


@router.patch(
    "/rooms/{code}",
    response_model=RoomOut,
    responses=documented(
        *_ALWAYS, "no_such_room", *refusals_of("change"), "changed_meanwhile", "body_too_large"
    ),
)
async def change_room(request: Request, code: RoomCode, patch: RoomPatch, who: Operator) -> RoomOut:
    """Change a room's settings, such as rate or state; in force at once in all processes.

    Send the `version` that you read to avoid overwriting another admin's change.
    """
    changes = patch.model_dump(exclude={"version"})
    with translate_value_errors():
        await room_changes.change_room(
            get_offer_changes(request),
            code,
            lambda room: room.change(**changes),
            who=who,
            version=patch.version,
        )
    try:
        return await show_room(request, code, who)
    except LineError as error:
        raise Problem("unavailable", KEPT, Unavailable().more) from error


@router.get("/rooms/{code}", response_model=RoomOut, responses=documented(*_ALWAYS, "no_such_room"))
async def show_room(request: Request, code: RoomCode, _who: Admin) -> RoomOut:
    """A room's settings and live figures."""
    parts = get_container(request)
    figures = await read_figures(request, code)
    office = get_office(request)
    in_use = await office.run(count_open_connections, parts.engine)
    queue = await office.run(parts.queue_status)
    return RoomOut(
        code=code,
        **{setting.name: getattr(figures, setting.name) for setting in ROOM_SETTINGS},
        steered_rate_per_s=figures.steered_rate_per_s,
        waiting=figures.waiting,
        under_way=figures.seats_in_use,
        away=figures.away,
        entered=figures.entered,
        admitted=figures.admitted,
        issued=figures.issued,
        refused=figures.refused,
        turned_away=figures.turned_away,
        refused_in_all=figures.refused_in_all,
        left=figures.left,
        restored=figures.restored,
        phase=figures.phase.word,
        is_restoring=figures.is_restoring,
        entered_per_s=figures.entered_per_s,
        admitted_per_s=figures.admitted_per_s,
        admitted_last_s=figures.admitted_last_s,
        waiting_peak=figures.waiting_peak,
        passed_over=figures.passed_over,
        returned=figures.returned,
        issued_per_s=figures.issued_per_s,
        enter_p99_ms=figures.enter_p99_ms,
        issue_p99_ms=figures.issue_p99_ms,
        remain_count=figures.stock,
        seats_in_use=figures.seats_in_use,
        visits=VisitStatsOut(**asdict(figures.visits)) if figures.visits else None,
        workers=queue.workers,
        workers_busy=queue.busy,
        backlog=queue.backlog,
        version=figures.version,
        db_connections=DbConnections(in_use=in_use, bound=parts.db_connections_max),
    )


@router.get("/audit", response_model=list[AuditOut], responses=documented(*_ALWAYS))
async def show_audit(
    request: Request,
    _who: Admin,
    subject: Annotated[
        str | None, Query(max_length=64, description="A code, or `site CODE`")
    ] = None,
    at_most: Annotated[int, Query(ge=1, le=audit.ENTRIES_MAX)] = 100,
    before: Annotated[
        int | None,
        Query(ge=1, le=audit.ID_MAX, description="The last entry's id, for the next page"),
    ] = None,
) -> list[AuditOut]:
    """The audit log: changes with admin, time, and values before and after; newest first."""
    if subject is not None and not is_code(subject.removeprefix("site ")):
        return []
    entries = await get_office(request).run(
        audit.list_entries,
        get_container(request).engine,
        subject=subject,
        at_most=at_most,
        before_id=before,
    )
    return [AuditOut.from_entry(entry) for entry in entries]


def stage_of(new: CouponIn | SiteRoomIn) -> Stage:
    """The stage in which it is created."""
    return "draft" if new.draft else "published"


def _policy(discount: Discount) -> DiscountPolicy:
    return DiscountPolicy(discount.kind, discount.value, discount.cap)
