"""The cookies of a place: its ticket, and the progress."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from web.container import WebContainer
from web.enter_line import set_ticket_cookie
from web.pages.member.progress_cookie import set_progress_cookie
from web.schemas.public import PlaceOut


def keep_place(
    response: Response, place: PlaceOut, parts: WebContainer, found: Mapping[str, str]
) -> None:
    """Set the cookies of the ticket and of the progress. found: the request's cookies."""
    secure, age_max_s = parts.secure, parts.sessions.age_max_s
    set_ticket_cookie(response, place, secure=secure, age_max_s=age_max_s, found=found)
    set_progress_cookie(response, place, found, secure=secure, age_max_s=age_max_s)
