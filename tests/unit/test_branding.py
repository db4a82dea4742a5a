"""A room's own look: bounded, harmless, and readable whatever colour was chosen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.branding import LOGO_BYTES_MAX, MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX, Branding, Logo
from web.pages.colours import CONTRAST_MIN, brand_css, contrast, readable_colour

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "n" * (NAME_LENGTH_MAX + 1)},
        {"name": "two\nlines"},
        {"message": "m" * (MESSAGE_LENGTH_MAX + 1)},
        {"colour": "green"},
        {"colour": "#FFF"},
        {"colour": "#0c6a56;}body{display:none"},
    ],
)
def test_what_cannot_be_shown_is_refused_and_named(wrong):
    (name,) = wrong

    with pytest.raises(ValueError, match=f"^{name} must"):
        Branding(**wrong)


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_logo_is_what_it_begins_with(picture, kind):
    assert Logo(picture).type == kind


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (b"", "from 1 to"),
        (PNG + bytes(LOGO_BYTES_MAX), "from 1 to"),
        (b"<svg onload='alert(1)'/>", "must be a PNG, JPEG or WebP"),
        (b"<html>", "must be a PNG, JPEG or WebP"),
    ],
)
def test_what_is_no_small_picture_is_no_logo(picture, why):
    with pytest.raises(ValueError, match=why):
        Logo(picture)


def test_contrast_is_what_the_guidelines_say():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@given(colours)
def test_any_colour_can_be_read_in_both_schemes(colour):
    for scheme, ground in (("light", "#ffffff"), ("light", "#edf2ef"), ("dark", "#1a2521")):
        assert contrast(readable_colour(colour, scheme), ground) >= CONTRAST_MIN
    for accent, deep, ink in re.findall(
        r"--accent:(#\w{6});--accent-deep:(#\w{6});--on-accent:(#\w{6})", brand_css(colour)
    ):
        assert contrast(accent, ink) >= CONTRAST_MIN
        assert contrast(deep, ink) >= CONTRAST_MIN


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert "--accent:#0c6a56;" in brand_css("#0c6a56")
