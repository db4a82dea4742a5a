"""The fragment is the state machine, and says what it has to say."""

import pytest

from tests.unit.template_cast import FINAL, GOING_ON, PLACES, a_coupon, fragment, room, waiting


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
