"""What each picture in docs/screenshots shows: the command that takes it, and the page's templates.

A scene is a picture's name without its form (`board` of `board-wide-dark-ko.png`). Templates that
others extend or include need no mention, but those that are chosen when the page is rendered do.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from domain.phase import ROOM_PHASES
from domain.refusals import Refusal

BOARD = ("admin/board.html",)


def _place(state: str) -> tuple[str, ...]:
    return ("room.html", "base.html", f"_place_{state}.html")


def _site(state: str) -> tuple[str, ...]:
    return ("site/room.html", "site/base.html", f"site/_place_{state}.html")


# By the module that makes them: each scene's templates.
MAKERS: dict[str, dict[str, tuple[str, ...]]] = {
    "docs.make_screenshots": {
        "admitted": _place("admitted"),
        "branded": _place("waiting"),
        "closed": _place("refused"),
        "countdown": ("coupon.html",),
        "coupon": ("coupon.html",),
        "coupons": ("coupons.html", "_coupons.html"),
        "draw": ("draw.html",),
        "issued": _place("issued"),
        "lobby": _place("lobby"),
        "lobby-draw": _place("lobby"),
        "my-coupons": ("my_coupons.html",),
        "near": _place("waiting"),
        "paused": _place("waiting"),
        "restoring": _place("restoring"),
        "sold-out": _place("refused"),
        "unlikely": _place("waiting"),
        "unreachable": _place("unreachable"),
        "waiting": _place("waiting"),
    },
    "docs.make_site_screenshots": {
        "site-called": _site("called"),
        "site-inside": _site("inside"),
        "site-over": _site("revoked"),
        "site-waiting": _site("waiting"),
    },
    "docs.make_console_screenshots": {
        "admin-audit": ("admin/audit.html",),
        "admin-branding": ("admin/coupon_edit.html",),
        "admin-coupons": ("admin/coupons.html",),
        "admin-edit": ("admin/coupon_edit.html",),
        "admin-new": ("admin/coupon_new.html",),
        "admin-refused": ("admin/coupon_new.html",),
        "admin-signin": ("admin/signin.html",),
        "board": BOARD,
        "board-paused": BOARD,
        "board-question": BOARD,
        "board-result": ("admin/result.html",),
        "board-simulate": BOARD,
    },
    "docs.make_compare_screenshots": {"compare": ("report.html",)},
    "docs.make_animation": {
        "line": (
            *BOARD,
            "coupon.html",
            *_place("waiting"),
            "_place_admitted.html",
            "_place_issued.html",
        ),
    },
}
# Style sheets that come in one file with app.css, by the templates that have their classes.
STYLED_BY = {
    "_coupons.html": ("place.css",),
    "_ticket_macros.html": ("place.css",),
    "my_coupons.html": ("place.css",),
    "shared/room.html": ("place.css",),
}
# The modules whose sentences a template shows.
WORDED_BY = {
    "_macros.html": ("web/pages/formatting.py",),
    "_place_refused.html": ("domain/refusals.py",),
    "room.html": ("web/pages/member/place_text.py", "web/pages/member/place_view.py"),
    "admin/_bar.html": ("domain/phase.py", "web/pages/admin/gauges.py"),
    "admin/_board.html": (
        "domain/phase.py",
        "web/pages/admin/status_sentence.py",
        "web/pages/admin/gauges.py",
    ),
    "admin/_charts.html": ("web/pages/admin/board_view.py",),
    "admin/_question.html": ("application/dangers.py", "web/pages/admin/questions.py"),
    "admin/_autopilot.html": ("web/pages/admin/autopilot.py",),
    "admin/_fields.html": ("domain/settings_spec.py", "web/pages/admin/setting_rules.py"),
    "admin/audit.html": ("web/pages/admin/labels.py", "web/pages/admin/audit.py"),
}


def words_without_location(path: str) -> Iterator[str]:
    """The sentences of a module of whose sentences the catalogues don't say where they are from."""
    if path == "domain/refusals.py":
        for refusal in Refusal.__subclasses__():
            yield from (refusal.title, inspect.getdoc(refusal) or "")
    elif path == "domain/phase.py":
        for phase in ROOM_PHASES:
            yield from (phase.label, phase.board, phase.note, phase.lead)
