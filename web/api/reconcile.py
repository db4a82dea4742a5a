"""Reconcile API: find and repair differences between Redis and Postgres."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from application.reconcile import Found, Reconciliation, RepairResult
from domain.differences import EXAMPLES_MAX, Kind
from web.container import get_container, get_office
from web.dependencies import Admin, Operator, RoomCode
from web.problems import documented
from web.schemas.public import Schema

router = APIRouter(prefix="/api/admin", tags=["admin"])

_PROBLEMS = documented("not_signed_in", "forbidden", "bad_request", "unavailable", "no_such_room")


class FindingOut(Schema):
    kind: Kind
    count: int
    examples: list[str] = Field(description="The first few members, jobs or counts")


class ReconcileOut(Schema):
    room: str
    findings: list[FindingOut] = Field(description="Empty without a difference")


class RepairOut(ReconcileOut):
    left: list[FindingOut] = Field(description="Differences that remain after the repair")


@router.get("/rooms/{code}/reconcile", response_model=ReconcileOut, responses=_PROBLEMS)
async def show_differences(request: Request, code: RoomCode, _who: Admin) -> ReconcileOut:
    """Compare Redis with Postgres. Takes some seconds, as it checks each difference twice."""
    return ReconcileOut(room=code, findings=_findings(await find_differences(request, code)))


@router.post("/rooms/{code}/reconcile", response_model=RepairOut, responses=_PROBLEMS)
async def mend_differences(request: Request, code: RoomCode, who: Operator) -> RepairOut:
    """Find differences, repair them by Postgres, and check again."""
    done = await repair(request, code, who)
    return RepairOut(room=code, findings=_findings(done.found), left=_findings(done.left))


async def find_differences(request: Request, code: str) -> Found:
    """Raises NoSuchRoom, LineAway, OfficeAway."""
    again_after_s = get_container(request).limits.look_again_after_s
    return await _reconciliation(request, code).differences(again_after_s=again_after_s)


async def repair(request: Request, code: str, who: str) -> RepairResult:
    """Raises NoSuchRoom, LineAway, OfficeAway; repairs made before the error stay."""
    parts = get_container(request)
    return await _reconciliation(request, code).repair(
        who=who, now=parts.now(), again_after_s=parts.limits.look_again_after_s
    )


def _reconciliation(request: Request, code: str) -> Reconciliation:
    parts = get_container(request)
    return Reconciliation(parts.line, parts.engine, parts.queue, get_office(request).run, code)


def _findings(found: Found) -> list[FindingOut]:
    return [
        FindingOut(kind=kind, count=len(subjects), examples=subjects[:EXAMPLES_MAX])
        for kind, subjects in found.items()
    ]
