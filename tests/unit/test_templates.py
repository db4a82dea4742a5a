"""Every page in every state: what it says, what it asks for next, and what it never contains."""

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


# --- what is true of every page ---


@every_page()
def test_a_page_keeps_the_strict_content_security_policy(template, context):
    page = render(template, **context)

    for tag in page.tags:
        assert tag.name != "style"
        assert "style" not in tag.attrs
        assert not [name for name in tag.attrs if name.startswith(("on", "hx-on"))]
        if tag.name == "script":
            assert tag.attrs["src"].startswith("/static/")
        for name in ("src", "href", "action"):
            assert re.match(r"[/#]", tag.attrs.get(name) or "/"), "everything is from here"


@every_page()
def test_a_page_can_be_found_ones_way_in(template, context):
    page = render(template, **context)

    assert page.all("html")[0].attrs["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer", "title", "h1"):
        assert len(page.all(landmark)) == 1, landmark
    ids = [tag.attrs["id"] for tag in page.tags if "id" in tag.attrs]
    assert len(ids) == len(set(ids))
    for tag in page.tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set((tag.attrs.get(name) or "").split()) <= set(ids)


@every_page()
def test_every_form_posts_to_a_known_path(template, context):
    page = render(template, **context)

    for form in page.all("form"):
        assert form.attrs["method"] == "post"
        assert KNOWN_POSTS.fullmatch(form.attrs["action"])


@every_page()
def test_every_time_can_be_read_by_a_machine(template, context):
    page = render(template, **context)

    for time in page.all("time"):
        assert datetime.fromisoformat(time.attrs["datetime"]).tzinfo


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("coupons.html", {"coupons": [a_coupon(description="<script>alert(1)</script>")]}),
        ("me.html", {"issued": [an_issued_coupon(description="<script>alert(1)</script>")]}),
        ("problem.html", {"problem": a_problem(detail="<script>alert(1)</script>")}),
        ("signin.html", {"next": '"><script>alert(1)</script>', "error": "<script>"}),
        ("room.html", {"coupon": a_coupon(description="<script>"), "place": waiting(3)}),
    ],
)
def test_what_others_wrote_is_shown_and_never_run(template, context):
    page = render(template, **context)

    assert all("src" in script.attrs for script in page.all("script"))
    assert "&lt;script&gt;" in page.html


def test_a_members_name_is_shown_and_never_run():
    page = render("coupons.html", coupons=[], member=SimpleNamespace(id="m", name='<b onx="1">'))

    assert page.says('<b onx="1">')
    assert not page.all("b")


# --- the fragment is the state machine ---


@pytest.mark.parametrize("place", GOING_ON.values(), ids=GOING_ON)
def test_a_place_that_goes_on_carries_its_own_next_step(place):
    section = fragment(place).with_id("place")

    assert section.name == "section"
    assert section.attrs["hx-get"] == "/rooms/spring/place"
    assert section.attrs["hx-trigger"] == "load delay:2.5s, ask"
    assert section.attrs["hx-swap"] == "outerHTML"


@pytest.mark.parametrize("place", FINAL.values(), ids=FINAL)
def test_a_final_place_asks_no_more(place):
    page = fragment(place)

    assert page.with_id("place").name == "section"
    assert not [name for tag in page.tags for name in tag.attrs if name.startswith("hx-")]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_fragment_is_one_section_and_says_what_to_call_the_page(place):
    page = fragment(place)

    assert [tag.name for tag in page.tags if not tag.inside] == ["section"]
    assert page.with_id("place").attrs["data-title"] == room(place).html.split("title>")[1][:-2]
    assert page.with_id("place").attrs["data-news"]


@pytest.mark.parametrize("place", GOING_ON.values(), ids=GOING_ON)
def test_without_scripts_a_place_that_goes_on_loads_again(place):
    (refresh,) = room(place).refreshes()

    assert refresh.attrs["content"] == "3"
    assert refresh.inside[-2:] == ("head", "noscript")


@pytest.mark.parametrize("place", FINAL.values(), ids=FINAL)
def test_without_scripts_a_final_place_stays(place):
    assert not room(place).refreshes()


def test_asking_again_without_scripts_never_takes_less_than_a_second():
    (refresh,) = room(waiting(3, ask_again_s=0.2)).refreshes()

    assert refresh.attrs["content"] == "1"


def test_what_must_outlive_a_swap_stands_outside_the_fragment():
    page = room(waiting(3))

    for id_ in ("news", "trouble"):
        assert "section" not in page.with_id(id_).inside
    assert page.with_id("news").attrs["aria-live"] == "polite"
    assert "hidden" in page.with_id("trouble").attrs
    (leave,) = [form for form in page.all("form") if form.attrs["action"] == "/rooms/spring/leave"]
    assert leave.inside[-2:] == ("details", "div"), "leaving is asked about first, without scripts"
    assert "section" not in leave.inside


# --- what a place says ---


def test_a_large_number_says_the_place():
    page = fragment(waiting(1204))

    assert page.says("Your place in line 1,204")
    assert page.says("1,203 people are ahead of you.")
    assert page.says("about 3 minutes")


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(1, "You are next."), (2, "1 person is ahead of you."), (3, "2 people are ahead of you.")],
)
def test_few_ahead_are_counted_in_plain_words(place, sentence):
    assert fragment(waiting(place)).says(sentence)


def test_who_may_get_nothing_is_told_in_time():
    warning = "The coupons left may all go to people ahead of you."

    assert fragment(waiting(413, remain_count=412)).says(warning)
    assert not fragment(waiting(412, remain_count=412)).says(warning)
    assert not fragment(waiting(413, remain_count=None)).says(warning)


def test_a_resting_line_says_that_the_place_is_kept():
    assert fragment(waiting(3, resting=True)).says("The line is resting. Your place is kept.")


def test_the_admitted_are_not_told_yours_before_it_is():
    page = fragment(PLACES["admitted"])

    assert page.says("It's your turn")
    assert page.says("Your coupon is being written down.")
    assert not page.says("You have your coupon")


def test_an_issued_coupon_is_shown_with_and_without_its_description():
    known = fragment(PLACES["issued"], coupon=a_coupon())
    unknown = fragment(PLACES["issued"])

    assert known.says("You have your coupon")
    assert known.says("5,000 off")
    assert unknown.says("spring")
    for page in (known, unknown):
        assert page.says("c-1")
        assert "/me" in [link.attrs["href"] for link in page.all("a")]


def test_a_refusal_says_why_and_what_to_do_next():
    page = fragment(PLACES["refused, sold out"])

    assert page.says("No coupon this time")
    assert page.says("Here is why, in one sentence.")
    assert "/" in [link.attrs["href"] for link in page.all("a")]
    assert not page.posts(), "what is gone is not worth another try"


def test_a_refusal_that_passes_offers_another_try():
    page = fragment(PLACES["refused, full"])

    assert page.says("Please wait about 30 seconds. Then try again.")
    assert page.posts() == ["/rooms/spring/enter"]


def test_who_is_not_in_line_can_get_in():
    page = fragment(PLACES["absent"])

    assert page.says("You are not in this line")
    assert page.posts() == ["/rooms/spring/enter"]


def test_when_the_line_is_away_the_place_is_said_to_be_kept():
    page = fragment(PLACES["unreachable"])

    assert page.says("We can't reach the line right now")
    assert page.says("Your place is kept. This page tries again by itself.")


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (waiting(1204), waiting(1203), False),
        (waiting(1003), waiting(998), True),
        (waiting(2), waiting(1), True),
        (waiting(30), waiting(30, resting=True), True),
        (waiting(1), PLACES["admitted"], True),
        (PLACES["admitted"], PLACES["issued"], True),
    ],
)
def test_only_a_real_step_is_news(before, after, news):
    step_before, step_after = (
        fragment(place).with_id("place").attrs["data-step"] for place in (before, after)
    )

    assert (step_before != step_after) is news


def test_the_ruler_moves_towards_the_front_and_stays_on_the_paper():
    ahead = [0, 1, 5, 9, 10, 98, 99, 100, 999, 5000, 9999, 10_000, 99_999, 1_000_000]
    at = [
        float(fragment(waiting(each + 1)).with_id("ruler-you").attrs["cx"] or "") for each in ahead
    ]

    assert at == sorted(at, reverse=True)
    assert at[0] == 308
    assert at[-1] == 18


# --- the other pages ---


def test_a_coupon_in_the_list_says_what_is_left_and_leads_on():
    page = render("coupons.html", coupons=[a_coupon()])

    assert page.says("412 of 1,000 left")
    (meter,) = page.all("meter")
    assert (meter.attrs["value"], meter.attrs["max"]) == ("412", "1000")
    assert "/coupons/spring" in [link.attrs["href"] for link in page.all("a")]


@pytest.mark.parametrize(
    ("issuing", "post", "label"),
    [
        ("queue", "/rooms/spring/enter", "Get in line"),
        ("pessimistic", "/coupons/spring/issue", "Get this coupon"),
    ],
)
def test_an_open_coupon_has_one_button_for_its_way_of_issuing(issuing, post, label):
    page = render("coupon.html", coupon=a_coupon(issuing=issuing), place=None)

    assert [path for path in page.posts() if path != "/signout"] == [post]
    assert page.says(label)


@pytest.mark.parametrize(
    ("state", "issuing", "can_press"),
    [
        ("open", "queue", True),
        ("paused", "queue", True),
        ("paused", "optimistic", False),
        ("scheduled", "queue", False),
        ("scheduled", "optimistic", False),
    ],
)
def test_a_button_that_would_do_nothing_yet_cannot_be_pressed(state, issuing, can_press):
    page = render("coupon.html", coupon=a_coupon(state=state, issuing=issuing), place=None)

    (button,) = [tag for tag in page.all("button") if "aria-describedby" in tag.attrs]
    assert ("disabled" not in button.attrs) is can_press
    assert page.with_id("about-button"), "and it is explained"


@pytest.mark.parametrize("state", ["sold_out", "closed"])
def test_a_coupon_that_is_over_has_no_button(state):
    page = render("coupon.html", coupon=a_coupon(state=state), place=None)

    assert page.posts() == ["/signout"]


def test_a_scheduled_coupon_counts_down_by_the_servers_clock_where_it_is_told():
    scheduled = a_coupon(state="scheduled", opens_at=NOON)

    told = render("coupon.html", coupon=scheduled, place=None, now=NOON - timedelta(minutes=1))
    untold = render("coupon.html", coupon=scheduled, place=None)

    assert 'data-now="2026-11-23T11:59:00.000+00:00"' in told.html
    assert 'data-opens-at="2026-11-23T12:00:00.000+00:00"' in untold.html
    assert "data-now" not in untold.html


@pytest.mark.parametrize("place", [waiting(5), PLACES["admitted"], PLACES["issued"]])
def test_who_has_a_place_is_led_to_it(place):
    page = render("coupon.html", coupon=a_coupon(), place=place)

    assert "/rooms/spring" in [link.attrs["href"] for link in page.all("a")]
    assert page.posts() == ["/signout"]


def test_who_is_not_signed_in_is_told_before_pressing():
    page = render("coupon.html", coupon=a_coupon(), place=None, member=None)

    assert page.says("The button takes you to sign in first.")
    assert "/signin" in [link.attrs["href"] for link in page.all("a")]


def test_only_an_unused_coupon_can_be_used_and_is_asked_about_first():
    page = render("me.html", issued=ISSUED)

    uses = [form for form in page.all("form") if form.attrs["action"].startswith("/me/")]
    assert [form.attrs["action"] for form in uses] == ["/me/coupons/c-1/use"]
    assert uses[0].inside[-2:] == ("details", "div")


def test_the_demo_takes_any_name_and_comes_back():
    page = render("signin.html", next="/rooms/spring", error=None, member=None)

    fields = {tag.attrs["name"]: tag.attrs for tag in page.all("input")}
    assert fields["next"]["value"] == "/rooms/spring"
    assert "required" in fields["name"]
    assert fields["name"]["maxlength"] == "64"
    assert page.says("any name will do")


def test_outside_the_demo_the_shop_signs_people_in():
    page = render("signin.html", next="/", error=None, member=None, demo=False)

    assert not page.posts()
    assert page.says("Please sign in at the shop.")


def test_a_problem_that_passes_tries_again_by_itself():
    page = render("problem.html", problem=a_problem(retry_after_s=4.2))

    (refresh,) = page.refreshes()
    assert refresh.attrs["content"] == "5"
    assert page.says("This page tries again by itself in about 5 seconds.")


def test_a_problem_that_stays_does_not():
    assert not render("problem.html", problem=a_problem()).refreshes()


# --- small on a bad network ---


def test_the_style_sheet_stays_small_and_brings_nothing_along():
    css = (WEB / "static" / "app.css").read_text(encoding="utf-8")

    assert len(css.encode()) < 20_000
    assert "url(" not in css
    assert "@import" not in css
