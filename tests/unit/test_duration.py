"""Durations as people write them, and as forms show them again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.times.duration import parse_duration
from web.i18n import languages
from web.pages.duration import plain_duration

EN, KO = languages()["en"], languages()["ko"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("90", 90), ("0 s", 0), ("90 s", 90), ("90s", 90), ("90 초", 90),
        ("15 min", 900), ("15m", 900), ("15 minutes", 900), ("15분", 900), ("1 Min", 60),
        ("1 h 30 min", 5_400), ("1h30m", 5_400), ("1시간 30분", 5_400), ("1시간30분", 5_400),
        ("1 day 12 h", 129_600), ("7 days", 604_800), ("7일", 604_800), ("1 h 1 s", 3_601),
    ],
)  # fmt: skip
def test_a_duration_is_read_in_both_languages_or_as_plain_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "min", "15 mni", "-1", "-1 min", "1.5 h", "1e3", "30 min 1 h", "1 h 1 h", "1 h 30",
        "15 min.", "1:30", "\u0661", "9" * 16, "1_0", "nan",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0, "0 s", "0초"),
        (60, "1 min", "1분"),
        (90, "90 s", "90초"),
        (120, "2 min", "2분"),
        (150, "2 min 30 s", "2분 30초"),
        (900, "15 min", "15분"),
        (5_400, "1 h 30 min", "1시간 30분"),
        (86_400, "1 day", "1일"),
        (604_800, "7 days", "7일"),
    ],
)
def test_a_duration_is_shown_as_people_write_it(seconds, english, korean):
    assert (plain_duration(EN, seconds), plain_duration(KO, seconds)) == (english, korean)


@settings(deadline=None)
@given(st.integers(0, 999 * 86_400), st.sampled_from([EN, KO]))
def test_what_is_shown_is_read_as_the_same_duration(seconds, language):
    assert parse_duration(plain_duration(language, seconds)) == seconds
