"""The fields of a place in a line that does not move yet: in the lobby, or restoring."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.phase import LOBBY, RESTORED
from web.i18n import Language
from web.pages.member.place_text import iso, make_title, moments
from web.schemas.public import PlaceOut


def lobby_fields(
    place: PlaceOut, language: Language, now: datetime, site_name: str
) -> dict[str, Any]:
    """Before the opening; with a place unless a draw will decide it."""
    gettext = language.gettext
    draws = place.opening == "draw"
    opens_at = datetime.fromisoformat(place.opens_at) if place.opens_at else None
    place_text = "" if draws or place.place is None else language.number(place.place)
    news = gettext("You are in the lobby. Your place is safe.")
    if place_text:
        news = gettext("You are number %(place)s in the lobby.", place=place_text)
    return {
        "room": place.room,
        "state": LOBBY.word,
        "returned": place.returned,
        "opening": place.opening or "first_come",
        "title": make_title(place_text, gettext("In the lobby"), site_name),
        "news": news,
        "step": LOBBY.word,
        **moments(place, now, language),
        "place_text": place_text,
        "remain_text": language.number(place.remain_count or 0),
        "opens_at": iso(opens_at) if opens_at else "",
        "opens_text": language.date_and_time(opens_at) if opens_at else "",
        "now_at": iso(now),
    }


def restoring_fields(
    place: PlaceOut, language: Language, now: datetime, site_name: str
) -> dict[str, Any]:
    """While restoring; without a place, as others may still return before them."""
    return {
        "room": place.room,
        "state": RESTORED.word,
        "title": make_title("", language.gettext("Your place is safe"), site_name),
        "news": language.gettext("The line was interrupted. Your place is safe."),
        "step": RESTORED.word,
        **moments(place, now, language),
        "remain_text": language.number(place.remain_count or 0),
    }
