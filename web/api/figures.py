"""read_figures: a room's settings and figures from the line, or of a draft, which has none."""

from __future__ import annotations

from fastapi import Request

from issuance.errors import OfficeAway
from waitroom.errors import NoSuchRoom
from waitroom.stats.room_stats import RoomStats
from waitroom.stats.unused_line import stats_of_draft
from web.container import get_container, get_offer_cache, get_site_rooms
from web.enter_line import raise_if_missing


async def read_figures(request: Request, code: str) -> RoomStats:
    """For admins. Raises NoSuchRoom, LineAway."""
    parts = get_container(request)
    try:
        return await parts.line.room_stats(code)
    except NoSuchRoom:
        if (draft := await _find_draft(request, code)) is not None:
            return draft
        await raise_if_missing(request, code)
        raise


async def _find_draft(request: Request, code: str) -> RoomStats | None:
    try:
        offers = await get_offer_cache(request).all_entries()
        rooms = await get_site_rooms(request).all_entries()
    except OfficeAway:
        return None
    found = offers.get(code) or rooms.get(code)
    if found is None or found.room is None or found.room.has_line:
        return None
    return stats_of_draft(found.room, get_container(request).line_now())
