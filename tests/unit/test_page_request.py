"""A browser's plain request is read as the framework reads it; others are left to the framework."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from web.auth.cookies import HOST_PREFIX
from web.enter_line import TICKETS_KEPT_MAX
from web.fast_path.page_request import parse_page
from web.i18n import find_language

COOKIE = "member_session=a.b"
HEADER_TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
LANGUAGES = st.one_of(
    HEADER_TEXTS,
    st.sampled_from(["ko", "en", "ko-KR,ko;q=0.9", "en;q=0.1, ko", "fr, *;q=0", "x" * 300 + ",ko"]),
)


def scope(method: str = "GET", path: str = "/rooms/spring", *more: tuple[str, str]) -> dict:
    sent = [("host", "test"), ("cookie", COOKIE), *more]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent],
    }


@settings(deadline=None)
@given(HEADER_TEXTS, LANGUAGES)
def test_cookies_and_language_are_read_as_the_framework_reads_them(cookie, language):
    asked = scope("GET", "/rooms/spring", ("accept-language", language))
    asked["headers"][1] = (b"cookie", f"{COOKIE}; {cookie}; lang".encode("latin-1"))
    request = Request(asked)

    parsed = parse_page(asked, secure=False)

    if "member_session" in request.cookies:
        assert parsed.browser.cookies == request.cookies
        assert parsed.browser.language == find_language(request).code


@pytest.mark.parametrize("length", [0, 1_024])
def test_browsers_with_equal_cookies_may_accept_other_things(length):
    def browser(*more: tuple[str, str]):
        asked = scope("GET", "/rooms/spring", *more, ("cookie", f"{COOKIE}; x={'x' * length}"))
        asked["headers"] = list({name: (name, value) for name, value in asked["headers"]}.values())
        parsed = parse_page(asked, secure=False)
        return parsed.browser.language, parsed.browser.takes_gzip

    korean, english = ("accept-language", "ko"), ("accept-language", "en")

    assert browser(korean, ("accept-encoding", "gzip")) == ("ko", True)
    assert browser(english, ("accept-encoding", "gzip")) == ("en", True)
    assert browser(english, ("accept-encoding", "gzip;q=0")) == ("en", False)
    assert browser(english) == ("en", False)


@pytest.mark.parametrize(
    "more",
    [
        ("cookie", "lang=ko"), ("accept-language", "ko"), ("accept-encoding", "gzip"),
        ("authorization", "Bearer x"), ("content-length", "7"), ("transfer-encoding", "chunked"),
        ("x-request-id", "asked-twice-of-it"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_plain_or_sent_twice_is_the_frameworks(more):
    assert parse_page(scope("GET", "/rooms/spring"), secure=False)

    assert parse_page(scope("GET", "/rooms/spring", more, more), secure=False) is None


@pytest.mark.parametrize("twice", [("via", "1.1 proxy"), ("x-forwarded-for", "203.0.113.7")])
def test_a_header_that_proxies_add_may_come_twice(twice):
    assert parse_page(scope("GET", "/rooms/spring", twice, twice), secure=False)


@pytest.mark.parametrize(
    ("more", "is_plain"),
    [
        ([], True),
        ([("origin", "http://test")], True),
        ([("sec-fetch-site", "same-origin"), ("origin", "http://other")], True),
        ([("origin", "http://other")], False),
        ([("sec-fetch-site", "cross-site"), ("origin", "http://test")], False),
        ([("sec-fetch-site", "same-site")], False),
    ],
)
def test_a_form_from_another_site_is_the_frameworks(more, is_plain):
    form = scope("POST", "/rooms/spring/enter", *more)

    assert (parse_page(form, secure=False) is not None) == is_plain


@pytest.mark.parametrize("name", ["lang", "ticket-spring", "ticket-other", "from-spring"])
def test_over_tls_a_cookie_of_the_release_before_is_the_frameworks(name):
    asked = scope()
    for value, is_plain in ((f"{HOST_PREFIX}{name}=7", True), (f"{name}=7", False)):
        asked["headers"][1] = (b"cookie", f"{HOST_PREFIX}{COOKIE}; {value}".encode())
        assert (parse_page(asked, secure=True) is not None) == is_plain


def test_over_tls_many_tickets_are_the_frameworks():
    asked, sent = scope(), f"{HOST_PREFIX}{COOKIE}"
    for number in range(TICKETS_KEPT_MAX):
        asked["headers"][1] = (b"cookie", sent.encode())
        is_plain = number + 1 < TICKETS_KEPT_MAX
        assert (parse_page(asked, secure=True) is not None) == is_plain
        sent += f"; {HOST_PREFIX}ticket-room-{number}=x"
