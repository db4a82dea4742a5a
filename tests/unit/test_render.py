"""How numbers, times and discounts read on a page."""

import re
from datetime import timedelta, timezone
from itertools import pairwise

import pytest

from domain.discount import DiscountPolicy
from domain.room_settings import RoomSettings
from tests.unit.cast import an_offer, noon, spring
from web.i18n import languages
from web.pages.form_guard import local_path
from web.pages.formatting import discount_text, duration, exact_duration, seconds, wait
from web.pages.render import environment, shown, static

EN, KO = languages()["en"], languages()["ko"]


def test_times_are_shown_in_utc_as_the_language_writes_them():
    seoul = noon.astimezone(timezone(timedelta(hours=9)))

    assert EN.date_and_time(seoul) == EN.date_and_time(noon) == "May 1, 2026, 12:00 UTC"
    assert KO.date_and_time(seoul) == "2026년 5월 1일 12:00 UTC"
    assert KO.time(seoul) == "12:00:00 UTC"


def test_large_numbers_are_grouped():
    numbers = [0, 999, 1_000, 1_234_567]

    for language in (EN, KO):
        assert [language.number(one) for one in numbers] == ["0", "999", "1,000", "1,234,567"]


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
    assert duration(EN, seconds) == words


@pytest.mark.parametrize(
    ("limit_s", "english", "korean"),
    [
        (1, "one second", "1초"),
        (30, "30 seconds", "30초"),
        (60, "one minute", "1분"),
        (90, "90 seconds", "90초"),
        (300, "5 minutes", "5분"),
    ],
)
def test_a_limit_is_exact(limit_s, english, korean):
    assert (exact_duration(EN, limit_s), exact_duration(KO, limit_s)) == (english, korean)


@pytest.mark.parametrize(
    ("took_s", "english", "korean"),
    [
        (12.34, "12.3 s", "12.3초"),
        (95.2, "1 min 35 s", "1분 35초"),
        (5_399, "89 min 59 s", "89분 59초"),
        (7_200, "about 2 hours", "약 2시간"),
    ],
)
def test_how_long_it_was_is_told_exactly_up_to_an_hour_and_a_half(took_s, english, korean):
    assert (seconds(EN, took_s), seconds(KO, took_s)) == (english, korean)


@pytest.mark.parametrize(
    ("eta_s", "english", "korean"),
    [
        (5, "a few seconds", "10초 이내"),
        (20, "about 15 to 30 seconds", "약 15~30초"),
        (45, "less than 2 minutes", "2분 이내"),
        (90, "about 1 to 3 minutes", "약 1~3분"),
        (180, "about 2 to 5 minutes", "약 2~5분"),
        (900, "about 12 to 25 minutes", "약 12~25분"),
        (3_000, "about 40 to 80 minutes", "약 40~80분"),
        (7_200, "about 1 to 3 hours", "약 1~3시간"),
    ],
)
def test_a_wait_is_told_as_a_range(eta_s, english, korean):
    assert (wait(EN, eta_s), wait(KO, eta_s)) == (english, korean)


def test_a_wait_that_shortens_is_never_told_longer():
    def bounds(eta_s):
        unit = 60 if "minute" in wait(EN, eta_s) else 3_600 if "hour" in wait(EN, eta_s) else 1
        numbers = re.findall(r"\d+", wait(EN, eta_s)) or ["10"]
        return [int(number) * unit for number in numbers][-1]

    told = [bounds(eta_s) for eta_s in range(5, 20_000, 5)]

    assert all(sooner <= later for sooner, later in pairwise(told))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (DiscountPolicy("amount", 5_000), "5,000 off"),
        (DiscountPolicy("percent", 10), "10 % off"),
        (DiscountPolicy("percent", 10, 3_000), "10 % off, up to 3,000"),
    ],
)
def test_a_discount_is_told_in_words(policy, words):
    assert discount_text(EN, policy) == words


def test_a_discount_reads_as_a_korean_shop_would_write_it():
    assert discount_text(KO, DiscountPolicy("amount", 5_000)) == "5,000원 할인"
    assert discount_text(KO, DiscountPolicy("percent", 10, 3_000)) == "10% 할인 (최대 3,000원)"


def test_a_coupon_is_shown_with_its_state_and_its_discount():
    coupon = shown(an_offer(spring(total=3, used=1), RoomSettings(state="paused")), noon, EN)

    assert (coupon["code"], coupon["state"], coupon["remain_count"]) == ("spring", "paused", 2)
    assert coupon["discount_text"] == "5,000 off"
    assert coupon["opens_at"].tzinfo is not None


def test_the_address_of_a_static_file_follows_its_content():
    assert static("app.css").startswith("/static/app.css?v=")
    assert static("app.css") != static("app.js").replace("app.js", "app.css")
    with pytest.raises(FileNotFoundError):
        static("nothing.css")


def test_what_people_write_is_not_taken_for_html():
    shown = environment(EN).from_string("<p title='{{ x }}'>{{ x }}</p>").render(x="<b>'&")

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
