"""Samples of everything the templates show, in each language."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup

from domain.branding import Branding
from domain.discount import DiscountPolicy
from domain.phase import ROOM_PHASE
from tests.unit.admin_template_cast import admin_pages
from tests.unit.board_template_cast import console
from tests.unit.draw_template_cast import draws
from tests.unit.page_reader import Page
from tests.unit.place_template_cast import (
    EN,
    KO,
    NOON,
    PLACES,
    SITE_NAME,
    AnyPlace,
    issued,
    issued_coupon,
    waiting,
)
from tests.unit.site_template_cast import site_pages
from web.i18n import PROBLEM_TITLE, Language
from web.pages.formatting import discount_text
from web.pages.render import LanguageLink, environment
from web.problems import KINDS

WEB = Path(__file__).parents[2] / "web"

KNOWN_POSTS = re.compile(
    r"/signin|/signout|/hand-over|/admin/(signin|signout|signout-everywhere|coupons/new)"
    r"|/admin/sites/[\w.-]+(/(api-key|pass-secret))?|/admin/site-rooms/[\w.-]+(\?site=[\w.-]+)?"
    r"|/admin/coupons/[\w.-]+/(edit|branding|logo|no-logo)|/admin/rooms/[\w.-]+/(turn|simulate|reconcile)"
    r"|/admin/rooms/[\w.-]+/plan/(publish|clone|archive|unarchive|rate-steps|rehearse|preview)"
    r"|/rooms/[\w.-]+/(enter|leave|go)|/coupons/[\w.-]+/issue|/me/coupons/[\w.-]+/use"
)


alice = SimpleNamespace(id="alice", name="Alice")


def a_coupon(language: Language = EN, **changes: Any) -> SimpleNamespace:
    spring = {
        "code": "spring",
        "description": "봄맞이 할인" if language is KO else "Spring sale",
        "discount_text": discount_text(language, DiscountPolicy("amount", 5_000)),
        "total_count": 1000,
        "used_count": 588,
        "remain_count": 412,
        "opens_at": NOON - timedelta(hours=2),
        "lobby_opens_at": NOON - timedelta(hours=2, minutes=15),
        "lobby_is_open": False,
        "opening": "first_come",
        "grace_s": 300,
        "asks_for_solution": False,
        "expire_date": NOON + timedelta(days=30),
        "issuing": "queue",
        "state": "open",
        "is_before_opening": False,
        "stage": "",
        "is_draft": False,
        "branding": Branding(return_url="https://shop.example/checkout"),
    }
    fields = {**spring, **changes}
    phase = ROOM_PHASE[str(fields["state"])]
    return SimpleNamespace(**{"takes_members": phase.takes_members, **fields})


def a_lobby(**changes: Any) -> dict[str, Any]:
    """A coupon that opens in ten minutes, whose lobby is open."""
    opens_at = NOON + timedelta(minutes=10)
    return {
        "state": "scheduled",
        "is_before_opening": True,
        "opens_at": opens_at,
        "lobby_opens_at": opens_at - timedelta(minutes=15),
        "lobby_is_open": True,
        **changes,
    }


def an_issued_coupon(language: Language = EN, **changes: Any) -> SimpleNamespace:
    issued = {
        **dict(issued_coupon()),
        "description": a_coupon(language).description,
        "discount_text": a_coupon(language).discount_text,
        "to_shop": "https://shop.example/checkout?coupon=K7M2P9QX",
        "shop": SITE_NAME,
    }
    return SimpleNamespace(**{**issued, **changes})


def a_problem(**changes: Any) -> SimpleNamespace:
    away = {
        "status": 503,
        "title": "We are busy",
        "detail": "A part is away.",
        "retry_after_s": None,
        "request_id": "503091-2",
    }
    return SimpleNamespace(**{**away, **changes})


COUPON_STATES: dict[str, dict[str, Any]] = {
    "open": {},
    "lobby": a_lobby(),
    "lobby with a draw": a_lobby(opening="draw"),
    "scheduled": a_lobby(
        code="s", opens_at=NOON + timedelta(hours=1), lobby_opens_at=NOON + timedelta(minutes=45),
        lobby_is_open=False,
    ),
    "no lobby": a_lobby(code="n", lobby_opens_at=NOON + timedelta(minutes=10), lobby_is_open=False),
    "paused": {"code": "p", "state": "paused"},
    "draining": {"code": "d", "state": "draining"},
    "sold_out": {"code": "g", "state": "sold_out", "remain_count": 0},
    "closed": {"code": "c", "state": "closed"},
}  # fmt: skip


def list_of(coupons: list[Any], language: Language = EN) -> Markup:
    return Markup(environment(language).get_template("_coupons.html").render(coupons=coupons))


SIGNIN: dict[str, Any] = {
    "next": "/rooms/spring", "error": "", "shop": "", "is_back": False, "name_length_max": 64,
    "member": None,
}  # fmt: skip


def sign_ins(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    """What a hand-over link, or a browser without cookies, leads to."""
    old = language.gettext(
        "This link has already been used. Go back to the shop and follow the link again."
    )
    link = {"who": "", "other": "", "why": "", "token": "e30.e30.c2lnbmVk", "next": "/rooms/spring"}
    who, bob = ("김하늘 (1007)", "이바다") if language is KO else ("Alice (1007)", "Bob Marlowe")
    them = {"who": who, "other": f"{bob} (1008)"}
    refused = {"next": "/rooms/spring", "member": None}
    shop = {**SIGNIN, "demo": False, "shop": "https://shop.example/login?to=x"}
    return {
        "sign in to the demo": ("signin.html", SIGNIN),
        "sign in again": ("signin.html", {**SIGNIN, "error": "…"}),
        "sign in at the shop": ("signin.html", shop),
        "sign in at the shop again": ("signin.html", {**shop, "is_back": True}),
        "come from the shop": ("signin.html", {**SIGNIN, "demo": False}),
        "link for somebody else": ("hand_over.html", {**link, **them}),
        "link to go on by": ("hand_over.html", {**link, "other": bob, "member": None}),
        "link that is old": ("hand_over.html", {**link, "who": who, "why": old}),
        "no cookies": ("no_cookies.html", {**refused, "again": "", "for_admin": False}),
        "no cookies, demo": (
            "no_cookies.html",
            {**refused, "again": "/signin", "for_admin": False},
        ),
        "no cookies, console": (
            "no_cookies.html",
            {**refused, "again": "/admin/signin", "for_admin": True},
        ),
    }


def problem_pages(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    said = {
        one: {
            "title": language.pgettext(PROBLEM_TITLE, KINDS[one].title),
            "detail": language.gettext(KINDS[one].detail),
        }
        for one in ("no_such_coupon", "unavailable", "bad_token")
    }
    unsigned = language.gettext("The member token is not signed with one of this site’s secrets.")
    final = a_problem(status=404, **said["no_such_coupon"])
    passing = a_problem(retry_after_s=4.2, **said["unavailable"])
    caused = a_problem(status=401, cause=unsigned, **said["bad_token"])
    return {
        "problem": ("problem.html", {"problem": final}),
        "problem that passes": ("problem.html", {"problem": passing}),
        "problem with a cause": ("problem.html", {"problem": caused}),
    }


def coupon_pages(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    """A coupon in each state, with a line and without, to members with each kind of place."""
    return {
        f"coupon {state}, {issuing}, {place.out.state if place else 'no place'}": (
            "coupon.html",
            {
                "coupon": a_coupon(language, **{**changes, "issuing": issuing}),
                "place": place.out if place else None,
            },
        )
        for state, changes in COUPON_STATES.items()
        for issuing in ("queue", "pessimistic")
        for place in (None, waiting(5), issued())
    }


def pages(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page in every state: its template, and what it is given."""
    listed = [
        a_coupon(language, **{**changes, "code": f"c{number}"})
        for number, changes in enumerate(COUPON_STATES.values())
    ]
    mine = [
        an_issued_coupon(language),
        an_issued_coupon(language, id="c-2", status="USED", used_at=NOON),
        an_issued_coupon(language, id="c-3", status="EXPIRED"),
    ]
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "coupons": ("coupons.html", {"coupon_list": list_of(listed, language)}),
        "no coupons": ("coupons.html", {"coupon_list": list_of([], language), "member": None}),
        "my coupons": ("my_coupons.html", {"issued": mine}),
        "none of my own": ("my_coupons.html", {"issued": []}),
        **sign_ins(language),
        **problem_pages(language),
        **coupon_pages(language),
    }
    found |= console(language, a_coupon(language).description)
    found |= draws(language, a_coupon(language))
    found |= admin_pages(language, listed) | site_pages(language)
    return found | {
        f"room {name}": (
            "room.html",
            {"coupon": a_coupon(language), "place": place.seen(language)},
        )
        for name, place in PLACES.items()
    }


PAGES = pages(EN)


def html_of(template: str, language: Language = EN, **context: Any) -> str:
    everywhere = {
        "site_name": SITE_NAME,
        "member": alice,
        "demo": True,
        "base_url": "https://line.example.com",
        "now": NOON,
        "switches": [LanguageLink(one.code, one.name, f"/?lang={one.code}") for one in (EN, KO)],
    }
    template_ = environment(language).get_template(template)
    return template_.render({**everywhere, **context})


def render(template: str, language: Language = EN, **context: Any) -> Page:
    return Page(html_of(template, language, **context))


def fragment(place: AnyPlace, **context: Any) -> Page:
    return render("_place.html", place=place.seen(), **context)


def room(place: AnyPlace) -> Page:
    return render("room.html", coupon=a_coupon(), place=place.seen())


def every_page() -> Any:
    return pytest.mark.parametrize(("template", "context"), PAGES.values(), ids=PAGES)
