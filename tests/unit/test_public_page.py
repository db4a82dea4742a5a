"""A page is public only if its address names its language and its request has no credentials."""

import pytest

from web.cache.public_page import is_public

LANGUAGES = ("en", "ko")


@pytest.mark.parametrize("cookie", ["lang", "__Host-lang", "_ga"])
def test_a_page_in_the_language_of_its_address_is_public(cookie):
    assert is_public({"lang": "ko", "utm_source": "x"}, ["accept-language"], [cookie], LANGUAGES)


@pytest.mark.parametrize("query", [{}, {"lang": "xx"}, {"lang": "ko", "remember": "1"}])
def test_a_page_whose_answer_depends_on_cookies_or_sets_one_is_private(query):
    assert not is_public(query, [], [], LANGUAGES)


def test_an_answer_to_a_token_is_private():
    assert not is_public({"lang": "ko"}, ["authorization"], [], LANGUAGES)


@pytest.mark.parametrize("prefix", ["", "__Host-"])
@pytest.mark.parametrize(
    "name", ["member_session", "session", "admin_session", "ticket-spring", "from-spring"]
)
def test_an_answer_to_a_personal_cookie_is_private(prefix, name):
    assert not is_public({"lang": "ko"}, [], ["_ga", prefix + name], LANGUAGES)
