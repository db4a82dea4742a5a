"""How numbers, times and discounts read on a page."""

from datetime import timedelta, timezone

import pytest

from domain.discount import DiscountPolicy
from domain.room_settings import RoomSettings
from issuance.catalogue import Offer
from tests.unit.cast import noon, spring
from web.pages.forms import local_path
from web.pages.render import clock, count, discount_text, duration, environment, shown, static


def test_times_are_shown_in_utc():
    seoul = noon.astimezone(timezone(timedelta(hours=9)))

    assert clock(seoul) == clock(noon) == "2026-05-01 12:00 UTC"


def test_large_numbers_are_grouped():
    assert [count(0), count(999), count(1_000), count(1_234_567)] == [
        "0", "999", "1,000", "1,234,567",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about a second"),
        (1.4, "about a second"),
        (2, "about 2 seconds"),
        (5, "about 5 seconds"),
        (59, "about 59 seconds"),
        (60, "about a minute"),
        (89, "about a minute"),
        (91, "about 2 minutes"),
        (3_600, "about 60 minutes"),
        (5_340, "about 89 minutes"),
        (5_400, "about 2 hours"),
        (36_000, "about 10 hours"),
    ],
)
def test_a_wait_is_told_in_words(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (DiscountPolicy("amount", 5_000), "5,000 off"),
        (DiscountPolicy("percent", 10), "10 % off"),
        (DiscountPolicy("percent", 10, 3_000), "10 % off, up to 3,000"),
    ],
)
def test_a_discount_is_told_in_words(policy, words):
    assert discount_text(policy) == words


def test_a_coupon_is_shown_with_its_state_and_its_discount():
    coupon = shown(Offer(spring(total=3, used=1), RoomSettings(state="paused"), 1), noon)

    assert (coupon["code"], coupon["state"], coupon["remain_count"]) == ("spring", "paused", 2)
    assert coupon["discount_text"] == "5,000 off"
    assert coupon["opens_at"].tzinfo is not None


def test_the_address_of_a_static_file_follows_its_content():
    assert static("app.css").startswith("/static/app.css?v=")
    assert static("app.css") != static("app.js").replace("app.js", "app.css")
    with pytest.raises(FileNotFoundError):
        static("nothing.css")


def test_what_people_write_is_not_taken_for_html():
    shown = environment().from_string("<p title='{{ x }}'>{{ x }}</p>").render(x="<b>'&")

    assert shown == "<p title='&lt;b&gt;&#39;&amp;'>&lt;b&gt;&#39;&amp;</p>"


@pytest.mark.parametrize("path", ["/", "/rooms/spring", "/a?b=c&d=/e", "/%2F%2Fevil", "/\ubd04"])
def test_a_path_of_this_site_is_gone_back_to(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "", "evil", "evil.example", "https://evil.example", "HTTPS:evil.example", "//evil.example",
        "///evil.example", "/\\evil.example", "\\\\evil.example", "/a\\..\\b", "/\t/evil.example",
        "/\n/evil.example", "\t//evil.example", " //evil.example", "/\x00", "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)", "data:text/html,x", "/\u2028", "/\u202e", "/\ud800",
    ],
)  # fmt: skip
def test_nobody_is_sent_anywhere_else(elsewhere):
    assert local_path(elsewhere) == "/"
