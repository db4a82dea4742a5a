"""Visits of a site's room, for admins: list them, and revoke one or all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from domain.unix_time import from_us
from issuance.audit import note
from waitroom.visits.visit import Visit, VisitState
from waitroom.visits.visits import PAGE_MAX
from web.container import get_container, get_office
from web.dependencies import Admin, Operator, RoomCode
from web.problems import Problem, documented
from web.schemas.public import Schema, Time
from web.sites.rooms import get_site_room

router = APIRouter(prefix="/api/admin/rooms/{code}/visits", tags=["admin"])

VisitId = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-zA-Z-]+$")]
_WHO = ("not_signed_in", "forbidden", "bad_request", "no_such_room", "unavailable")


class VisitOut(Schema):
    """One member's time inside a site; `ended_at` is null while inside."""

    visit_id: str
    member_id: str
    state: VisitState
    called_at: Time
    claimed_at: Time
    ends_at: Time
    ended_at: Time | None

    @classmethod
    def from_visit(cls, visit: Visit) -> VisitOut:
        return cls(
            visit_id=visit.visit_id,
            member_id=visit.member_id,
            state=visit.state,
            called_at=from_us(visit.called_at_us),
            claimed_at=from_us(visit.claimed_at_us),
            ends_at=from_us(visit.ends_at_us),
            ended_at=from_us(visit.ended_at_us) if visit.ended_at_us else None,
        )


class VisitsOut(Schema):
    visits: list[VisitOut] = Field(description="The oldest claim first")
    next_after: str | None = Field(description="`after` of the next page; null on the last one")


class RevokedOut(Schema):
    revoked: int = Field(description="How many visits were ended now")


@router.get("", response_model=VisitsOut, responses=documented(*_WHO))
async def list_visits(
    request: Request,
    code: RoomCode,
    _: Admin,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> VisitsOut:
    """Living visits, and those that have ended lately, page by page."""
    await get_site_room(request, code)
    line = get_container(request).line
    found = await line.visits.list_visits(code, after=after, limit=limit)
    return VisitsOut(
        visits=[VisitOut.from_visit(one) for one in found],
        next_after=found[-1].visit_id if len(found) == limit else None,
    )


@router.delete("/{visit_id}", response_model=VisitOut, responses=documented(*_WHO, "no_such_visit"))
async def revoke(request: Request, code: RoomCode, visit_id: VisitId, who: Operator) -> VisitOut:
    """End a visit now. A verifier that does not ask us accepts its pass until it expires."""
    await get_site_room(request, code)
    visits = get_container(request).line.visits
    if await visits.find(code, visit_id) is None:
        raise Problem("no_such_visit")
    await _audit(request, code, who, "visit revoked", {"visit": visit_id})
    visit = await visits.revoke(code, visit_id)
    if visit is None:
        raise Problem("no_such_visit")
    return VisitOut.from_visit(visit)


@router.delete("", response_model=RevokedOut, responses=documented(*_WHO))
async def revoke_all(request: Request, code: RoomCode, who: Operator) -> RevokedOut:
    """End all living visits now. Called members may still come."""
    await get_site_room(request, code)
    await _audit(request, code, who, "visits revoked", {"visits": "all"})
    return RevokedOut(revoked=await get_container(request).line.visits.revoke_all(code))


async def _audit(
    request: Request, code: str, who: str, what: str, after: dict[str, object]
) -> None:
    """Before the change, as Postgres does not hold visits. Raises OfficeAway."""
    parts = get_container(request)
    await get_office(request).run(note, parts.engine, who, what, code, after, parts.now())
