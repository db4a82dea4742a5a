"""Samples of everything the templates show, in each language."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from markupsafe import Markup

from domain.discount import DiscountPolicy
from domain.issued_coupon import Status
from domain.rfc3339 import rfc3339
from tests.unit.admin_template_cast import admin_pages
from tests.unit.board_template_cast import console
from tests.unit.draw_template_cast import draws
from tests.unit.page_reader import Page
from web.i18n import Language, languages
from web.pages.formatting import discount_text
from web.pages.member.place_view import PlaceView, State, plain, refused
from web.pages.render import LanguageLink, environment
from web.problems import KINDS
from web.schemas.public import IssuedCouponOut, PlaceOut, RefusalOut

WEB = Path(__file__).parents[2] / "web"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

KNOWN_POSTS = re.compile(
    r"/signin|/signout|/hand-over|/admin/(signin|signout|signout-everywhere|coupons/new)"
    r"|/admin/coupons/[\w.-]+/(edit|branding|logo|no-logo)|/admin/rooms/[\w.-]+/(turn|simulate|reconcile)"
    r"|/rooms/[\w.-]+/(enter|leave)|/coupons/[\w.-]+/issue|/me/coupons/[\w.-]+/use"
)


EN, KO = languages()["en"], languages()["ko"]
SITE_NAME = "Open Run"


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
    }
    return SimpleNamespace(**{**spring, **changes})


def a_lobby(**changes: Any) -> dict[str, Any]:
    """A coupon that opens in ten minutes, whose lobby is open."""
    opens_at = NOON + timedelta(minutes=10)
    return {
        "state": "scheduled",
        "opens_at": opens_at,
        "lobby_opens_at": opens_at - timedelta(minutes=15),
        "lobby_is_open": True,
        **changes,
    }


def issued_coupon() -> IssuedCouponOut:
    return IssuedCouponOut(
        id=UUID("6f0e1d5a-0000-4000-8000-00000000c001"),
        coupon_code="spring",
        member_id="alice",
        status=Status.UNUSED,
        issued_at=NOON,
        used_at=None,
        expire_date=NOON + timedelta(days=30),
    )


def an_issued_coupon(language: Language = EN, **changes: Any) -> SimpleNamespace:
    issued = {
        **dict(issued_coupon()),
        "description": a_coupon(language).description,
        "discount_text": a_coupon(language).discount_text,
    }
    return SimpleNamespace(**{**issued, **changes})


@dataclass(frozen=True)
class Standing:
    """A place as the line tells it, to be seen in any language."""

    out: PlaceOut
    started_ahead: int | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return PlaceView.from_place(
            self.out,
            language=language,
            now=NOON,
            site_name=SITE_NAME,
            started_ahead=self.started_ahead,
        )


@dataclass(frozen=True)
class Plain:
    state: State
    arrived_at: datetime | None = NOON
    ask_again_s: float | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return plain(
            "spring",
            self.state,
            language=language,
            site_name=SITE_NAME,
            arrived_at=self.arrived_at,
            ask_again_s=self.ask_again_s,
        )


@dataclass(frozen=True)
class Refused:
    type: str | None = None
    retry_after_s: float | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return refused(
            "spring",
            a_refusal(self.type) if self.type else None,
            language=language,
            site_name=SITE_NAME,
            retry_after_s=self.retry_after_s,
        )


def a_refusal(type_: str) -> RefusalOut:
    kind = KINDS[type_]
    return RefusalOut(type=type_, title=kind.title, detail=kind.detail)


def waiting(place: int | None, *, started_ahead: int | None = None, **changes: Any) -> Standing:
    known = {
        "room": "spring",
        "state": "waiting",
        "place": place,
        "ahead": None if place is None else place - 1,
        "eta_s": 180,
        "ask_again_s": 2.5,
        "arrived_at": rfc3339(NOON - timedelta(minutes=4)),
        "remain_count": 412,
    }
    return Standing(PlaceOut(**{**known, **changes}), started_ahead)


def in_lobby(place: int | None, **changes: Any) -> Standing:
    opens_at = rfc3339(NOON + timedelta(minutes=10))
    return waiting(
        place,
        **{"room_state": "scheduled", "opens_at": opens_at, "eta_s": None, **changes},
    )


def admitted() -> Standing:
    return Standing(PlaceOut(room="spring", state="admitted", ask_again_s=2.5, remain_count=9))


def issued() -> Standing:
    return Standing(
        PlaceOut(room="spring", state="issued", remain_count=9, issued_coupon=issued_coupon())
    )


def a_problem(**changes: Any) -> SimpleNamespace:
    away = {
        "status": 503,
        "title": "We are busy",
        "detail": "A part is away.",
        "retry_after_s": None,
        "request_id": "503091-2",
    }
    return SimpleNamespace(**{**away, **changes})


AnyPlace = Standing | Plain | Refused
GOING_ON: dict[str, AnyPlace] = {
    "waiting far back": waiting(100_000, eta_s=None, remain_count=50_000),
    "waiting, likely": waiting(241, remain_count=1_000, started_ahead=1_500),
    "waiting, close": waiting(400),
    "waiting, unlikely": waiting(1205, remain_count=312, started_ahead=1_300),
    "waiting behind one": waiting(2, eta_s=5),
    "waiting next": waiting(1, eta_s=5, started_ahead=40),
    "waiting while the line rests": waiting(320, room_state="paused", eta_s=None),
    "waiting while the line drains": waiting(320, room_state="draining"),
    "waiting, place not known": waiting(None, arrived_at=None),
    "returned to the head": waiting(3, returned="head"),
    "returned to the end": waiting(900, returned="end", remain_count=2_000),
    "lobby, first come": in_lobby(12, opening="first_come"),
    "lobby, draw": in_lobby(None, opening="draw"),
    "admitted": admitted(),
    "unreachable": Plain("unreachable", ask_again_s=2.5),
    "unreachable, arrival not known": Plain("unreachable", arrived_at=None, ask_again_s=2.5),
}
FINAL: dict[str, AnyPlace] = {
    "issued": issued(),
    "issued, details not known": Plain("issued"),
    "refused, sold out": Refused("sold_out"),
    "refused, closed": Refused("closed"),
    "refused, draining": Refused("draining"),
    "refused, full": Refused("room_full", retry_after_s=30),
    "refused, not open yet": Refused("not_open_yet"),
    "refused, reason not known": Refused(),
    "absent": Plain("absent", arrived_at=None),
    "signed out": Plain("signed_out", arrived_at=None),
}
PLACES = {**GOING_ON, **FINAL}

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


def sign_ins(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    """What a hand-over link, or a browser without cookies, leads to."""
    old = language.gettext(
        "This link has been used already. Go back to the shop, and come here from there again."
    )
    link = {"who": "", "other": "", "why": "", "token": "e30.e30.c2lnbmVk", "next": "/rooms/spring"}
    who, bob = ("김하늘 (1007)", "이바다") if language is KO else ("Alice (1007)", "Bob Marlowe")
    them = {"who": who, "other": f"{bob} (1008)"}
    refused = {"next": "/rooms/spring", "member": None}
    return {
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
    said = {
        one: {
            "title": language.gettext(KINDS[one].title),
            "detail": language.gettext(KINDS[one].detail),
        }
        for one in ("no_such_coupon", "unavailable")
    }
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "coupons": ("coupons.html", {"coupon_list": list_of(listed, language)}),
        "no coupons": ("coupons.html", {"coupon_list": list_of([], language), "member": None}),
        "my coupons": ("me.html", {"issued": mine}),
        "none of my own": ("me.html", {"issued": []}),
        "sign in to the demo": ("signin.html", {"next": "/me", "error": None, "member": None}),
        "sign in again": ("signin.html", {"next": "/me", "error": "…", "member": None}),
        **sign_ins(language),
        "sign in at the shop": ("signin.html", {"next": "/me", "error": None, "demo": False}),
        "problem": (
            "problem.html",
            {"problem": a_problem(status=404, **said["no_such_coupon"])},
        ),
        "problem that passes": (
            "problem.html",
            {"problem": a_problem(retry_after_s=4.2, **said["unavailable"])},
        ),
    }
    found |= {
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
    found |= console(language, a_coupon(language).description)
    found |= draws(language, a_coupon(language))
    found |= admin_pages(language, listed)
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
