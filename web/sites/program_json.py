"""JSON for programs that wait, in the form of Cloudflare's waiting room."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import ceil

from fastapi import Request
from fastapi.responses import Response

from domain.sites.site_room import SiteRoom
from waitroom.member_status import MemberStatus
from web.auth.member_tokens import Visitor
from web.container import get_container
from web.enter_line import read_status
from web.i18n import Language, find_language

JSON = "application/json"
REFRESH_S = 20


def wants_program_json(request: Request) -> bool:
    """Whether this is exactly what it accepts; browsers accept more."""
    return request.headers.get("accept", "") == JSON


async def program_answer(request: Request, room: SiteRoom, who: Visitor | None) -> Response:
    """The place of this visitor, or of somebody who would come now."""
    member_id = who.id if who else get_container(request).visitors.make().id
    status = await read_status(request, room.code, member_id)
    size_max = room.room.settings.size_max
    body = program_json(status, find_language(request), size_max)
    return Response(body, media_type=JSON, headers={"Cache-Control": "no-store"})


def program_json(status: MemberStatus, language: Language, size_max: int) -> bytes:
    """size_max: how many the room's line may have."""
    facts = status.facts
    is_in_line = status.kind == "waiting"
    pace = facts.known_pace_per_s
    ahead = (status.known_ahead or 0) if is_in_line else facts.waiting
    wait_s = ceil((ahead + 1) / pace) if pace else None
    is_known = wait_s is not None
    known = {
        "cfWaitingRoom": {
            "inWaitingRoom": is_in_line or status.kind in ("absent", "missed"),
            "waitTime": ceil(wait_s / 60) if wait_s is not None else 0,
            "waitTimeKnown": is_known,
            "waitTimeFormatted": _in_words(language, wait_s),
            "queueIsFull": facts.waiting >= size_max,
            "queueAll": not facts.phase.admits,
            "lastUpdated": _iso(facts.now_us),
            "refreshIntervalSeconds": REFRESH_S,
        }
    }
    return json.dumps(known).encode()


def _in_words(language: Language, wait_s: int | None) -> str:
    if wait_s is None:
        return "unavailable"
    return language.ngettext("about a minute", "about %(count)s minutes", ceil(wait_s / 60))


def _iso(at_us: int) -> str:
    at = datetime.fromtimestamp(at_us / 1_000_000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
