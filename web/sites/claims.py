"""Claims: begins a called visitor's visit, and makes the address that takes them to the site."""

from __future__ import annotations

from fastapi import Request

from domain.sites.site_room import SiteRoom
from domain.sites.target_urls import with_pass
from waitroom.visits.visit import Visit
from web.auth.member_tokens import Visitor
from web.container import get_container
from web.limits.request_limits import get_rate_limit
from web.sites.passes import get_room_passes


async def claim(request: Request, room: SiteRoom, member_id: str) -> tuple[Visit, str]:
    """The visit and a pass; claiming again gives a new pass of the same visit.

    Raises NotYourTurn, LineError, and Problem without keys: before the visit begins.
    """
    passes = get_room_passes(request, room)
    passes.raise_if_unable()
    await get_rate_limit(request).admit_member(request.scope, member_id)
    visit = await get_container(request).line.visits.claim(room.code, member_id)
    return visit, passes.sign(visit)


async def claim_address(request: Request, room: SiteRoom, who: Visitor, target: str) -> str:
    """The address in the site with a pass. target: "" for the room's own. Raises as `claim`."""
    _, token = await claim(request, room, who.id)
    return with_pass(target or room.target_url, token)
