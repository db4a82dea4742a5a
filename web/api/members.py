"""Members API: one member's state in a room, for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from application.member_report import look_up_member
from domain.member import MEMBER_ID_PATTERN, MEMBER_ID_RULE, BadMemberId
from web.container import get_container, get_office
from web.dependencies import Admin, RoomCode
from web.problems import Problem, documented
from web.schemas.member import MemberOut

router = APIRouter(prefix="/api/admin", tags=["admin"])

_PROBLEMS = documented("not_signed_in", "forbidden", "bad_request", "unavailable", "no_such_room")
# A path parameter, as a member id may contain slashes.
_MemberId = Annotated[
    str,
    Path(description=MEMBER_ID_RULE, json_schema_extra={"pattern": MEMBER_ID_PATTERN}),
]


@router.get("/rooms/{code}/members/{member_id:path}", response_model=MemberOut, responses=_PROBLEMS)
async def show_member(
    request: Request, code: RoomCode, member_id: _MemberId, _who: Admin
) -> MemberOut:
    """A member's state, or why they were refused. Has no effect on the member."""
    parts = get_container(request)
    try:
        report = await look_up_member(
            parts.line, parts.engine, get_office(request).run, code, member_id
        )
    except BadMemberId as error:
        raise Problem("bad_request", f"member_id can't be taken: {error}.") from None
    return MemberOut.from_report(report)
