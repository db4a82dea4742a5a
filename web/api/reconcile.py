"""Reconcile: what Redis and Postgres say differently of a room. Findings only; a command mends."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from domain.differences import EXAMPLES_MAX, Kind
from web.asking import Admin, RoomCode
from web.parts import office_of, parts_of
from web.problems import documented
from web.reconciling import Books, Queue
from web.shapes import Shape

router = APIRouter(prefix="/api/admin", tags=["admin"])


class FindingOut(Shape):
    kind: Kind
    count: int
    examples: list[str] = Field(description="members, jobs or counts; the first few")


class ReconcileOut(Shape):
    room: str
    findings: list[FindingOut] = Field(description="empty: no difference")


@router.get(
    "/rooms/{code}/reconcile",
    response_model=ReconcileOut,
    responses=documented(
        "not_signed_in", "forbidden", "bad_request", "unavailable", "no_such_room"
    ),
)
async def show_differences(request: Request, code: RoomCode, _who: Admin) -> ReconcileOut:
    """Hold Redis against Postgres. Takes some seconds, as everything found is looked at twice."""
    parts = parts_of(request)
    books = Books(parts.line, parts.engine, Queue(parts.failed_jobs), office_of(request).ask, code)
    found = await books.differences()
    return ReconcileOut(
        room=code,
        findings=[
            FindingOut(kind=kind, count=len(subjects), examples=subjects[:EXAMPLES_MAX])
            for kind, subjects in found.items()
        ],
    )
