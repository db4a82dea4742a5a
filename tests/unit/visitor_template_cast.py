"""Samples of the pages that visitors of a site see, in each state of a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from domain.rfc3339 import rfc3339
from domain.room_settings import RoomSettings
from domain.sites.site_room import SiteRoom
from tests.unit.place_template_cast import NOON, PLACES, Refused, Standing, a_refusal
from tests.unit.site_cast import a_site, a_site_room
from web.i18n import Language
from web.pages.member.place_view import PlaceView
from web.pages.site.site_view import SiteViews
from web.schemas.public import PlaceOut

QUERY = "?t=https%3A%2F%2Fshop.example%2Fshoes"
SITE_NAME = "Tea shop"
PLAIN = (
    "called", "inside", "missed", "finished", "ended", "revoked", "absent", "unreachable",
    "admitted",
)  # fmt: skip

Pages = dict[str, tuple[str, dict[str, Any]]]


def a_room(**settings: Any) -> SiteRoom:
    return a_site_room(
        a_site(name=SITE_NAME), code="spring", room_settings=RoomSettings(**settings)
    )


def views(language: Language, room: SiteRoom, query: str = QUERY) -> SiteViews:
    return SiteViews(room, language, query)


def site_views(views: SiteViews) -> dict[str, PlaceView]:
    """A place in each state that a site's page shows."""
    soon = {
        "until": rfc3339(NOON + timedelta(seconds=95)),
        "ask_again_s": 2.5,
        "remain_count": None,
    }
    lines = {
        name: views.view(replace(place.out, remain_count=None), NOON)
        for name, place in PLACES.items()
        if isinstance(place, Standing) and place.out.state == "waiting"
    }
    refusals = {
        name: views.refused(
            a_refusal(place.type, is_site=True) if place.type else None, place.retry_after_s
        )
        for name, place in PLACES.items()
        if isinstance(place, Refused) and place.type != "sold_out"
    }
    with_an_end = {
        f"{state}, until": views.view(PlaceOut(room=views.room.code, state=state, **soon), NOON)
        for state in ("called", "inside")
    }
    return lines | refusals | with_an_end | {state: views.plain(state) for state in PLAIN}


def visitor_pages(language: Language) -> Pages:
    """Each page in each state: its template, and its context."""
    plain, asks = a_room(), a_room(challenge="on")
    return {
        f"{name}, {way}": ("site/room.html", page_context(views(language, room), view, **context))
        for way, room, context in (
            ("with a link", plain, {}),
            ("with a form", plain, {"asks_by_form": True, "follows": False}),
            ("with a proof of work", asks, {}),
        )
        for name, view in site_views(views(language, room)).items()
    }


def pages_beside(language: Language) -> Pages:
    """The pages of a site besides that of its line."""
    room = a_room()
    known = {"site_room": room, "site_name": SITE_NAME, "member": None}
    away = {
        "status": 503,
        "title": language.gettext("We can’t reach the line right now"),
        "detail": "",
        "retry_after_s": None,
        "request_id": "503091-2",
    }
    return {
        "site, no cookies": ("site/no_cookies.html", {**known, "again": f"/rooms/{room.code}"}),
        "site, problem": ("site/problem.html", {**known, "problem": SimpleNamespace(**away)}),
    }


def page_context(views: SiteViews, view: PlaceView, **context: Any) -> dict[str, Any]:
    room = {"room": views.room, "site_room": views.room, "site_name": views.site_name}
    who = SimpleNamespace(id="v:6f0e1d5a")
    return {**room, "place": view, "follows": True, "who": who, "member": None, **context}
