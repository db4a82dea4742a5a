"""Samples of everything the console's pages of sites show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from domain.admin import Admin
from domain.invalid_value import InvalidValue
from domain.sites.site import SiteSecret
from domain.sites.site_room import NEVER
from tests.unit.site_cast import HOUR, NOON, a_site, a_site_room
from waitroom.stats.visit_stats import VisitStats
from web.i18n import Language
from web.pages.admin.sites.forms import form_context, form_of_room, form_of_site

ALICE, BOB = Admin("alice", "operator"), Admin("bob", "viewer")
VISITS = VisitStats(
    called=12, inside=50, claimed=388, walked_in=40, missed=9, finished=120, ended=206, revoked=3,
    restored_visits=0,
)  # fmt: skip
FIGURES = SimpleNamespace(waiting=1_204, visits=VISITS)

Pages = dict[str, tuple[str, dict[str, Any]]]


def site_pages(language: Language) -> Pages:
    """The pages of sites in each state."""
    secrets = (
        SiteSecret("pass", b"", NOON + HOUR),
        SiteSecret("api_key", b"", NOON, ends_at=NOON + HOUR),
    )
    site = a_site(name="찻집" if language.code == "ko" else "Tea shop", secrets=secrets)
    title = "봄 차 판매" if language.code == "ko" else "Spring tea sale"
    room = a_site_room(site, title=title, closes_at=NEVER)
    return {
        **list_pages(site, room),
        **form_pages(language, site),
        **room_pages(language, site, room),
    }


def list_pages(site: Any, room: Any) -> Pages:
    listed = {"sites": [site], "rooms": {site.code: [room]}, "figures": {room.code: FIGURES}}
    without = {"sites": [site], "rooms": {site.code: []}, "figures": {}}
    nothing: dict[str, Any] = {"sites": [], "rooms": {}, "figures": {}}
    return {
        "console, sites": ("admin/sites.html", {"admin": ALICE, **listed}),
        "console, a site without rooms": ("admin/sites.html", {"admin": BOB, **without}),
        "console, no sites": ("admin/sites.html", {"admin": ALICE, **nothing}),
    }


def form_pages(language: Language, site: Any) -> Pages:
    wrong = form_of_site(None)
    wrong.errors = {"hosts": InvalidValue("hosts", "host", got="a/b"), "": "…"}
    new = form_context(language, wrong, may_change=True)
    kept = form_context(language, form_of_site(site), may_change=True)
    seen = form_context(language, form_of_site(site), may_change=False)
    plain = {"site": site, "secret": "", "purpose": None, "saved": True}
    shown = {**plain, "secret": "wrs_5033914", "saved": False}
    return {
        "console, new site": ("admin/site_new.html", {"admin": ALICE, **new}),
        "console, site": ("admin/site.html", {"admin": ALICE, **plain, **kept}),
        "console, site seen by a viewer": ("admin/site.html", {"admin": BOB, **plain, **seen}),
        "console, new API key": (
            "admin/site.html",
            {"admin": ALICE, **shown, "purpose": "api_key", **kept},
        ),
        "console, new pass secret": (
            "admin/site.html",
            {"admin": ALICE, **shown, "purpose": "pass", **kept},
        ),
    }


def room_pages(language: Language, site: Any, room: Any) -> Pages:
    form = form_of_room(room, language)
    form.errors = {"claim_s": InvalidValue("claim_s", "range", least=10, most=3_600, got=1)}
    wrong = form_context(language, form, may_change=True)
    seen = form_context(language, form_of_room(room, language), may_change=False)
    given = {"room": room, "figures": FIGURES, "saved": True, "stage": ""}
    return {
        "console, new site room": (
            "admin/site_room_new.html",
            {"admin": ALICE, "site": site, **wrong},
        ),
        "console, site room": ("admin/site_room.html", {"admin": ALICE, **given, **wrong}),
        "console, site room without the line": (
            "admin/site_room.html",
            {"admin": BOB, **given, "figures": None, **seen},
        ),
    }
