"""The other pages, each in every state."""

from datetime import timedelta

import pytest

from tests.unit.place_template_cast import NOON, admitted, issued, waiting
from tests.unit.template_cast import PAGES, SIGNIN, a_coupon, a_lobby, a_problem, render


def test_a_coupon_in_the_list_says_what_is_left_and_leads_on():
    page = render("_coupons.html", coupons=[a_coupon()])

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
    is_scheduled = state == "scheduled"
    coupon = a_coupon(state=state, issuing=issuing, is_before_opening=is_scheduled)

    page = render("coupon.html", coupon=coupon, place=None)

    (button,) = [tag for tag in page.all("button") if "aria-describedby" in tag.attrs]
    assert ("disabled" not in button.attrs) is can_press
    assert page.with_id("about-button"), "and it is explained"


@pytest.mark.parametrize("state", ["sold_out", "closed"])
def test_a_coupon_that_is_over_has_no_button(state):
    page = render("coupon.html", coupon=a_coupon(state=state), place=None)

    assert page.posts() == ["/signout"]


def test_a_scheduled_coupon_counts_down_by_the_servers_clock():
    scheduled = a_coupon(state="scheduled", is_before_opening=True, opens_at=NOON)

    page = render("coupon.html", coupon=scheduled, place=None, now=NOON - timedelta(minutes=1))

    assert 'data-now="2026-11-23T11:59:00.000+00:00"' in page.html
    assert 'data-opens-at="2026-11-23T12:00:00.000+00:00"' in page.html


@pytest.mark.parametrize("is_open", [True, False])
def test_the_lobby_lets_people_in_from_its_own_time_on(is_open):
    coupon = a_coupon(**a_lobby(lobby_is_open=is_open))

    page = render("coupon.html", coupon=coupon, place=None)

    (button,) = [tag for tag in page.all("button") if "aria-describedby" in tag.attrs]
    assert ("disabled" not in button.attrs) is is_open
    assert page.says("Go to the lobby")
    assert page.says("You can enter the lobby from") is not is_open


def test_a_coupon_without_a_lobby_knows_none():
    scheduled = a_coupon(**a_lobby(lobby_opens_at=NOON + timedelta(minutes=10)))

    page = render("coupon.html", coupon=scheduled, place=None)

    assert not page.says("lobby")
    assert page.says("You can get in line from")


@pytest.mark.parametrize("place", [waiting(5), admitted(), issued()])
def test_who_has_a_place_is_led_to_it(place):
    page = render("coupon.html", coupon=a_coupon(), place=place.out)

    assert "/rooms/spring" in [link.attrs["href"] for link in page.all("a")]
    assert page.posts() == ["/signout"]


def test_who_is_not_signed_in_is_told_before_pressing():
    page = render("coupon.html", coupon=a_coupon(), place=None, member=None)
    asks = render("coupon.html", coupon=a_coupon(asks_for_solution=True), place=None, member=None)

    assert page.says("The button takes you to sign in, then straight into the line.")
    assert asks.says("The button takes you to sign in first.")
    assert "/signin" in [link.attrs["href"] for link in page.all("a")]


def test_only_an_unused_coupon_can_be_used_and_is_asked_about_first():
    template, context = PAGES["my coupons"]
    page = render(template, **context)

    uses = [form for form in page.all("form") if form.attrs["action"].startswith("/me/")]
    assert [form.attrs["action"] for form in uses] == [
        "/me/coupons/6f0e1d5a-0000-4000-8000-00000000c001/use"
    ]
    assert uses[0].inside[-2:] == ("details", "div")


def test_the_demo_takes_any_name_and_comes_back():
    page = render("signin.html", **SIGNIN)

    fields = {tag.attrs["name"]: tag.attrs for tag in page.all("input")}
    assert fields["next"]["value"] == "/rooms/spring"
    assert "required" in fields["name"]
    assert fields["name"]["maxlength"] == "64"
    assert page.says("any name will do")


def test_outside_the_demo_the_shop_signs_people_in():
    page = render("signin.html", **SIGNIN, demo=False)

    assert not page.posts()
    assert page.says("Open the shop’s website or app, and sign in there.")


def test_the_shops_sign_in_page_opens_at_once_unless_it_has_just_sent_somebody_back():
    shop = "https://shop.example/login?to=x"
    once = render("signin.html", **{**SIGNIN, "shop": shop}, demo=False)
    back = render("signin.html", **{**SIGNIN, "shop": shop, "is_back": True}, demo=False)

    assert [one.attrs["content"] for one in once.refreshes()] == [f"0;url={shop}"]
    assert back.refreshes() == []
    for page in (once, back):
        assert shop in [link.attrs["href"] for link in page.all("a")]
        assert not page.posts()


def test_the_list_shows_what_is_open_then_what_opens_soon_and_folds_what_is_over():
    coupons = [
        a_coupon(code="gone", state="sold_out", remain_count=0),
        a_coupon(**a_lobby(code="later", opens_at=NOON + timedelta(hours=5))),
        a_coupon(**a_lobby(code="soon")),
        a_coupon(code="now"),
    ]

    page = render("_coupons.html", coupons=coupons)

    links = [tag for tag in page.all("a") if tag.attrs["href"].startswith("/coupons/")]
    assert [tag.attrs["href"][9:] for tag in links] == ["now", "soon", "later", "gone"]
    assert ["details" in tag.inside for tag in links] == [False, False, False, True]
    for words in ("Open now", "Opens soon", "Over 1"):
        assert page.says(words)
    starts = [tag.attrs["data-starts-at"] for tag in page.tags if "data-starts-at" in tag.attrs]
    assert starts == ["2026-11-23T12:10:00.000+00:00", "2026-11-23T17:00:00.000+00:00"]


def test_a_list_of_what_is_over_is_not_folded():
    page = render("_coupons.html", coupons=[a_coupon(state="closed")])

    (fold,) = page.all("details")
    assert "open" in fold.attrs
    assert not page.says("Open now")


def test_a_shared_link_shows_the_coupon_and_its_picture_where_our_address_is_known():
    page = render("coupon.html", coupon=a_coupon(), place=None)
    nowhere = render("coupon.html", coupon=a_coupon(), place=None, base_url="")

    shown = {
        tag.attrs["property"]: tag.attrs["content"]
        for tag in page.all("meta")
        if "property" in tag.attrs
    }
    assert shown["og:title"] == "Spring sale"
    assert shown["og:description"].startswith("5,000 off · ")
    assert shown["og:url"] == "https://line.example.com/coupons/spring"
    assert shown["og:image"].startswith("https://line.example.com/static/share.png?v=")
    assert "og:image" not in nowhere.html
    (about,) = [tag for tag in page.all("meta") if tag.attrs.get("name") == "description"]
    assert about.attrs["content"] == shown["og:description"]


def test_an_address_that_leads_nowhere_says_what_to_do():
    page = render("problem.html", problem=a_problem(status=404))

    assert page.says("The link may be old or incomplete.")
    assert not render("problem.html", problem=a_problem()).says("may be old")


def test_a_problem_that_passes_tries_again_by_itself():
    page = render("problem.html", problem=a_problem(retry_after_s=4.2))

    (refresh,) = page.refreshes()
    assert refresh.attrs["content"] == "5"
    assert refresh.inside[-2:] == ("head", "noscript"), "a page with scripts does it gently"
    assert 'data-again-s="5"' in page.html
    assert page.says("This page tries again automatically in about 4 seconds.")


def test_a_problem_says_by_what_it_is_found():
    assert "503091-2" in render("problem.html", problem=a_problem()).text


def test_a_problem_that_stays_does_not():
    assert not render("problem.html", problem=a_problem()).refreshes()
