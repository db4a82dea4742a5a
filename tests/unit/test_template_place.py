"""The fragment is the state machine, and says what it has to say."""

import pytest

from tests.unit.place_template_cast import FINAL, GOING_ON, PLACES, in_lobby, waiting
from tests.unit.template_cast import a_coupon, fragment, room


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


def test_a_large_number_says_the_place():
    page = fragment(waiting(1204))

    assert page.says("Your place in line 1,204")
    assert page.says("1,203 people are ahead of you.")
    assert page.says("about 2 to 5 minutes")
    assert page.says("12:00:00 UTC"), "and when that was so"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(1, "You are next."), (2, "1 person is ahead of you."), (3, "2 people are ahead of you.")],
)
def test_few_ahead_are_counted_in_plain_words(place, sentence):
    assert fragment(waiting(place)).says(sentence)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (1, "412 coupons left: you will probably get one."),
        (240, "412 coupons left: you will probably get one."),
        (400, "412 coupons left: it could go either way."),
        (412, "412 coupons left: it could go either way."),
        (413, "412 coupons left: you will probably not get one."),
        (1_205, "412 coupons left: you will probably not get one. You can stay"),
    ],
)
def test_what_is_left_is_held_against_who_is_ahead(place, words):
    assert fragment(waiting(place)).says(words)


def test_who_came_back_late_is_told_where_they_stand_now():
    assert fragment(PLACES["returned to the head"]).says("You are back at the front of the line.")
    assert fragment(PLACES["returned to the end"]).says("you are now at the end.")


def test_the_lobby_counts_down_and_says_how_places_are_given():
    first_come, draw = fragment(PLACES["lobby, first come"]), fragment(PLACES["lobby, draw"])

    for page in (first_come, draw):
        assert page.with_id("place").attrs["data-state"] == "lobby"
        assert 'data-opens-at="2026-11-23T12:10:00.000+00:00"' in page.html
        assert 'data-now="2026-11-23T12:00:00.000+00:00"' in page.html
    assert first_come.says("You are number 12 in the lobby.")
    assert draw.says("by Nov 23, 2026, 12:10 UTC gets a place by draw.")
    assert "/rooms/spring/draw" in [link.attrs["href"] for link in draw.all("a")]
    assert not draw.says("number")


def test_the_way_come_is_shown_from_where_one_started():
    come, fresh = (
        fragment(waiting(241, remain_count=1_000, started_ahead=started)) for started in (960, 240)
    )

    for page, percent in ((come, 75), (fresh, 0)):
        (bar,) = [tag for tag in page.all("rect") if "transform" in tag.attrs]
        (picture,) = [tag for tag in page.all("svg") if tag.attrs.get("role") == "img"]
        assert bar.attrs["transform"] == f"scale({percent} 1)"
        assert picture.attrs["aria-labelledby"] == "way"
    assert come.says("You have come 75 % of the way.")


def test_the_wait_stands_directly_under_the_number():
    text = fragment(waiting(1204)).text

    assert " ".join(text.split()).startswith(
        "Your place in line 1,204 Estimated wait about 2 to 5 minutes"
    )


@pytest.mark.parametrize("outlook", ["likely", "close", "unlikely"])
def test_each_outlook_has_a_hue_and_an_icon_of_its_own_beside_its_words(outlook):
    page = fragment(PLACES[f"waiting, {outlook}"])

    (box,) = [tag for tag in page.tags if f"outlook-{outlook}" in tag.attrs.get("class", "")]
    (icon,) = [tag for tag in page.all("svg") if tag.attrs.get("class") == "icon"]
    assert box.name == "p"
    assert icon.attrs["aria-hidden"] == "true"


def test_the_page_says_where_its_stream_is_and_which_tabs_share_it():
    live = room(waiting(3)).with_id("live").attrs

    assert live["data-live"] == "/rooms/spring/live"
    assert live["data-shared"] == "spring:en:alice", "a room, a language, a member"
    assert not [tag for tag in room(PLACES["issued"]).tags if tag.attrs.get("id") == "live"]


def test_a_resting_line_says_that_the_place_is_kept():
    assert fragment(waiting(3, room_state="paused")).says(
        "Paused for a moment. Your place is safe."
    )


def test_the_admitted_are_not_told_yours_before_it_is():
    page = fragment(PLACES["admitted"])

    assert page.says("It’s your turn")
    assert page.says("We’re reserving your coupon.")
    assert not page.says("You have your coupon")


def test_an_issued_coupon_is_shown_with_and_without_its_description():
    known = fragment(PLACES["issued"], coupon=a_coupon())
    unknown = fragment(PLACES["issued"])

    assert known.says("You have your coupon")
    assert known.says("5,000 off")
    assert unknown.says("spring")
    for page in (known, unknown):
        assert page.says("6f0e1d5a-0000-4000-8000-00000000c001")
        assert "/me" in [link.attrs["href"] for link in page.all("a")]


def test_a_refusal_says_why_and_what_to_do_next():
    page = fragment(PLACES["refused, sold out"])

    assert page.says("Sold out")
    assert page.says("All coupons have been issued.")
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

    assert page.says("We can’t reach the line right now")
    assert page.says("Your place is safe. This page tries again automatically.")


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (waiting(1204), waiting(1203), False),
        (waiting(1003), waiting(998), True),
        (waiting(2), waiting(1), True),
        (waiting(411), waiting(411, remain_count=100), True),
        (in_lobby(7), waiting(7), True),
        (in_lobby(7), in_lobby(6), False),
        (waiting(30), waiting(30, room_state="paused"), True),
        (waiting(1), PLACES["admitted"], True),
        (PLACES["admitted"], PLACES["issued"], True),
    ],
)
def test_only_a_real_step_is_news(before, after, news):
    step_before, step_after = (
        fragment(place).with_id("place").attrs["data-step"] for place in (before, after)
    )

    assert (step_before != step_after) is news


@pytest.mark.parametrize(
    ("name", "title", "over"),
    [
        ("issued", "You have your coupon", False),
        ("issued, used", "You have used this coupon", True),
        ("issued, expired", "This coupon has expired", True),
    ],
)
def test_a_coupon_that_is_used_or_expired_looks_so_and_leads_nowhere(name, title, over):
    page = fragment(PLACES[name], coupon=a_coupon())

    assert page.says(title)
    assert ("ticket-gold" in page.html) == (not over)
    assert ("https://shop.example/checkout?coupon=K7M2P9QX" in page.html) == (not over)
    assert ("data-copy" in page.html) == (not over)
    assert ("qr.svg?coupon=K7M2P9QX" in page.html) == (not over)
