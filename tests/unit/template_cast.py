"""Samples of everything the templates show, and a page as a browser reads it."""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

WEB = Path(__file__).parents[2] / "web"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

KNOWN_POSTS = re.compile(
    r"/signin|/signout|/rooms/[\w.-]+/(enter|leave)|/coupons/[\w.-]+/issue|/me/coupons/[\w.-]+/use"
)
VOID = {"meta", "link", "input", "br", "img", "hr"}


def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined
    )
    env.filters["clock"] = lambda at: f"{at:%Y-%m-%d %H:%M} UTC"
    env.filters["count"] = lambda number: f"{number:,}"
    env.filters["duration"] = lambda seconds: f"about {math.ceil(seconds)} seconds"
    env.globals["static"] = lambda path: f"/static/{path}?v=1"
    return env


ENV = environment()


@dataclass
class Tag:
    name: str
    attrs: dict[str, str | None]
    inside: tuple[str, ...]


@dataclass
class Page(HTMLParser):
    """What a browser would find: the tags, the text, and whether every tag was closed."""

    html: str
    tags: list[Tag] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(Tag(tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(Tag(tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def with_id(self, id_: str) -> Tag:
        (found,) = [tag for tag in self.tags if tag.attrs.get("id") == id_]
        return found

    def says(self, sentence: str) -> bool:
        return sentence in " ".join(self.text.split())

    def posts(self) -> list[str | None]:
        return [form.attrs["action"] for form in self.all("form")]

    def refreshes(self) -> list[Tag]:
        return [tag for tag in self.all("meta") if tag.attrs.get("http-equiv") == "refresh"]


alice = SimpleNamespace(id="alice", name="Alice")


def a_coupon(**changes: Any) -> SimpleNamespace:
    spring = {
        "code": "spring",
        "description": "Spring sale",
        "discount_text": "5,000 off",
        "total_count": 1000,
        "used_count": 588,
        "remain_count": 412,
        "opens_at": NOON - timedelta(hours=2),
        "expire_date": NOON + timedelta(days=30),
        "issuing": "queue",
        "state": "open",
    }
    return SimpleNamespace(**{**spring, **changes})


def an_issued_coupon(**changes: Any) -> SimpleNamespace:
    issued = {
        "id": "c-1",
        "coupon_code": "spring",
        "member_id": "alice",
        "description": "Spring sale",
        "discount_text": "5,000 off",
        "status": "UNUSED",
        "issued_at": NOON,
        "used_at": None,
        "expire_date": NOON + timedelta(days=30),
    }
    return SimpleNamespace(**{**issued, **changes})


def a_place(state: str, **changes: Any) -> SimpleNamespace:
    nowhere = {
        "room": "spring",
        "state": state,
        "place": None,
        "ahead": None,
        "eta_text": None,
        "ask_again_s": 2.5,
        "arrived_at": NOON,
        "remain_count": None,
        "resting": False,
        "issued_coupon": None,
        "refusal": None,
        "retry_after_s": None,
    }
    return SimpleNamespace(**{**nowhere, **changes})


def waiting(place: int, **changes: Any) -> SimpleNamespace:
    known = {"place": place, "ahead": place - 1, "eta_text": "about 3 minutes", "remain_count": 412}
    return a_place("waiting", **{**known, **changes})


def a_refusal(type_: str) -> SimpleNamespace:
    return SimpleNamespace(
        type=type_, title="No coupon this time", detail="Here is why, in one sentence."
    )


def a_problem(**changes: Any) -> SimpleNamespace:
    away = {
        "status": 503,
        "title": "We are busy",
        "detail": "A part is away.",
        "retry_after_s": None,
    }
    return SimpleNamespace(**{**away, **changes})


GOING_ON = {
    "waiting far back": waiting(100_000, eta_text=None),
    "waiting": waiting(1204),
    "waiting near": waiting(57),
    "waiting behind one": waiting(2),
    "waiting next": waiting(1),
    "waiting while the line rests": waiting(320, resting=True, eta_text=None),
    "waiting, place not known": a_place("waiting", arrived_at=None),
    "admitted": a_place("admitted"),
    "unreachable": a_place("unreachable"),
    "unreachable, arrival not known": a_place("unreachable", arrived_at=None),
}
FINAL = {
    "issued": a_place("issued", issued_coupon=an_issued_coupon()),
    "issued, details not known": a_place("issued"),
    "refused, sold out": a_place("refused", refusal=a_refusal("sold_out")),
    "refused, full": a_place("refused", refusal=a_refusal("room_full"), retry_after_s=30),
    "refused, not open yet": a_place("refused", refusal=a_refusal("not_open_yet")),
    "refused, reason not known": a_place("refused"),
    "absent": a_place("absent", arrived_at=None),
}
PLACES = {**GOING_ON, **FINAL}

COUPONS = [
    a_coupon(),
    a_coupon(code="s", state="scheduled", opens_at=NOON + timedelta(hours=1)),
    a_coupon(code="p", state="paused"),
    a_coupon(code="g", state="sold_out", remain_count=0),
    a_coupon(code="c", state="closed"),
]
ISSUED = [
    an_issued_coupon(),
    an_issued_coupon(id="c-2", status="USED", used_at=NOON),
    an_issued_coupon(id="c-3", status="EXPIRED"),
]

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "coupons": ("coupons.html", {"coupons": COUPONS}),
    "no coupons": ("coupons.html", {"coupons": [], "member": None}),
    "my coupons": ("me.html", {"issued": ISSUED}),
    "none of my own": ("me.html", {"issued": []}),
    "sign in to the demo": ("signin.html", {"next": "/me", "error": None, "member": None}),
    "sign in again": ("signin.html", {"next": "/me", "error": "Not that one.", "member": None}),
    "sign in at the shop": ("signin.html", {"next": "/me", "error": None, "demo": False}),
    "problem": ("problem.html", {"problem": a_problem()}),
    "problem that passes": ("problem.html", {"problem": a_problem(retry_after_s=4.2)}),
}
PAGES |= {
    f"coupon {coupon.state} {issuing} {place.state if place else 'no place'}": (
        "coupon.html",
        {"coupon": SimpleNamespace(**{**vars(coupon), "issuing": issuing}), "place": place},
    )
    for coupon in COUPONS
    for issuing in ("queue", "pessimistic")
    for place in (None, waiting(5), PLACES["issued"], PLACES["refused, sold out"])
}
PAGES |= {
    f"room {name}": ("room.html", {"coupon": a_coupon(), "place": place})
    for name, place in PLACES.items()
}


def render(template: str, **context: Any) -> Page:
    everywhere = {"site_name": "Open Run", "member": alice, "demo": True}
    return Page(ENV.get_template(template).render({**everywhere, **context}))


def fragment(place: SimpleNamespace, **context: Any) -> Page:
    return render("_place.html", place=place, **context)


def room(place: SimpleNamespace) -> Page:
    return render("room.html", coupon=a_coupon(), place=place)


def every_page() -> Any:
    return pytest.mark.parametrize(("template", "context"), PAGES.values(), ids=PAGES)
