"""Who speaks of a visit: its visitor by a pass, or the site's program by its API key."""

from __future__ import annotations

import json

from fastapi import Request

from domain.sites.site_room import SiteRoom
from passes.base64url import from_base64url
from passes.errors import BadPass, ExpiredPass
from web.container import get_container, get_site_rooms
from web.problems import Problem
from web.sites.passes import get_room_passes

_VARIES = {"Vary": "Origin"}


async def visit_of_caller(
    request: Request, credential: str, about: tuple[str, str] | None
) -> tuple[SiteRoom, str]:
    """The room and the visit. about: both, as a program names them.

    Raises OfficeAway; Problem bad_pass, no_such_room, bad_request.
    """
    rooms = get_site_rooms(request)
    if credential.count(".") == 2:
        room = await rooms.entry(_audience(credential))
        if room is None:
            raise Problem("bad_pass")
        try:
            claims = get_room_passes(request, room).verify(credential)
        except ExpiredPass as error:
            claims = error.claims  # its visit is over, as the line will say
        except BadPass as error:
            raise Problem("bad_pass", str(error) or error.__doc__) from error
        return room, claims.sid
    if about is None:
        raise Problem("bad_request", "Name the visit: room and visit_id, as the body.")
    room = await rooms.entry(about[0])
    now = get_container(request).now()
    if room is None or not room.site.has_api_key(credential, now):
        # Not which of both, as codes of others' rooms are nobody's business.
        raise Problem("bad_pass", "This API key is not the one of the room’s site.")
    return room, about[1]


def is_site_key(request: Request, token: str) -> bool:
    """Whether it is the API key of a site that this process knows."""
    now = get_container(request).now()
    sites = {room.site.code: room.site for room in get_site_rooms(request).last_known()}
    return any(site.has_api_key(token, now) for site in sites.values())


def cors_headers(request: Request, room: SiteRoom) -> dict[str, str]:
    """Let a page of the room's site read the answer."""
    origin = request.headers.get("origin")
    if origin in room.site.origins:
        return {"Access-Control-Allow-Origin": origin, **_VARIES}
    return _VARIES


async def preflight_headers(request: Request) -> dict[str, str]:
    """As `cors_headers`, before the pass is known: for a page of any site."""
    origin = request.headers.get("origin")
    rooms = await get_site_rooms(request).current()
    if not any(origin in room.site.origins for room in rooms.values()):
        return _VARIES
    return {
        "Access-Control-Allow-Origin": origin or "",
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
        **_VARIES,
    }


def _audience(token: str) -> str:
    """The unverified `aud`, to find the room that verifies it; "" where it can't be read."""
    try:
        return str(json.loads(from_base64url(token.split(".")[1]))["aud"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
