"""A filled page is the rendered page, escaped once, whether compressed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from web.middleware.compression import COMPRESSED_MIN
from web.pages.page_template import FilledPage, find_page

NAMES = ("first", "second", "third")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\ue000\ue001"), max_size=40)
LITERALS = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from([1, 9, 40]))
PIECES = st.lists(st.tuples(LITERALS, st.sampled_from(NAMES)), max_size=6)


def marked(pieces: list[tuple[str, str]]) -> str:
    return "".join(f"{literal}\ue000{name}\ue001" for literal, name in pieces) + "100 %"


def expected(pieces: list[tuple[str, str]], texts: tuple[str, ...]) -> str:
    by_name = dict(zip(NAMES, texts, strict=True))
    return "".join(f"{literal}{escape(by_name[name])}" for literal, name in pieces) + "100 %"


@settings(deadline=None)
@given(PIECES, st.tuples(TEXTS, TEXTS, TEXTS))
@example([("한" * 500, "first")], ("<b>&\"'\0", "", ""))
def test_a_filled_page_has_each_text_in_its_place_escaped(pieces, texts):
    page = FilledPage(marked(pieces), NAMES)
    html = expected(pieces, texts)

    packed, plain = (page.encode(texts, takes_gzip=takes) for takes in (True, False))

    assert page.html(texts) == html
    assert plain == (html.encode(), len(html.encode()), False)
    body = gzip.decompress(packed.body) if packed.is_gzip else packed.body
    assert (body.decode(), packed.size) == (html, len(html.encode()))
    assert not packed.is_gzip or packed.size >= COMPRESSED_MIN


def test_compressing_saves_bytes_or_is_left_out():
    text = ("x" * 50,) * 3
    long = FilledPage("long literal " * 200 + "\ue000first\ue001", NAMES)
    short = FilledPage(("short literal " + "\ue000first\ue001") * 200, NAMES)

    assert len(long.encode(text, takes_gzip=True).body) < COMPRESSED_MIN
    assert not short.encode(text, takes_gzip=True).is_gzip


@pytest.mark.parametrize("length", [65_535, 65_536, 200_000])
def test_a_text_may_be_longer_than_a_stored_block(length):
    page = FilledPage("literal " * 500 + "\ue000first\ue001 end", NAMES)

    packed = page.encode(("한" + "x" * (length - 3), "", ""), takes_gzip=True)

    member = zlib.decompressobj(wbits=31)
    html = member.decompress(packed.body)
    assert member.eof
    assert not member.unused_data
    assert html.decode() == "literal " * 500 + "한" + "x" * (length - 3) + " end"


@pytest.mark.parametrize(
    "texts",
    [
        ("a\0b", "", "\0"),
        ("\0", "<\0>", "한"),
        ("", "", ""),
        ("a\ue001b", "<b>", "\ue001"),
    ],
)
def test_a_text_may_hold_any_character(texts):
    page = FilledPage("".join(f"\ue000{name}\ue001, " for name in NAMES), NAMES)

    body = page.encode(texts, takes_gzip=True).body

    assert body.decode() == page.html(texts) == "".join(f"{escape(text)}, " for text in texts)


@pytest.mark.parametrize(
    "template", ["{0:.3}", "{0}{0}" * 9, "<b>{1}</b>", "\ue000first\ue001"], ids=str
)
def test_only_a_template_that_prints_its_texts_is_prepared(template):
    def render(texts: Mapping[str, str]) -> str:
        return template.format(*(escape(texts[name]) for name in NAMES))

    page = find_page({}, ("page",), render, NAMES, ("a", "", "c"))

    is_plain = template not in ("{0:.3}", "\ue000first\ue001")
    assert (page is not None) == is_plain


def test_a_template_that_fails_is_not_prepared():
    def render(texts: Mapping[str, str]) -> str:
        return str(int(texts["first"]))

    assert find_page({}, ("page",), render, NAMES, ("1", "2", "3")) is None
