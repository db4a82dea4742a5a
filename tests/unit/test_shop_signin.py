"""The shop's sign-in page learns by its address where to send the browser back."""

import pytest

from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from tests.unit.settings_cast import environ
from web.auth.shop_signin import check_signin_url, fill_signin_url

GOOD = "https://shop.example/login?return_to={next}"


@pytest.mark.parametrize(
    "text", [GOOD, "http://127.0.0.1:9000/{next}", "https://shop.example/?a={next}&b=1#c"]
)
def test_an_address_with_one_place_for_next_is_taken(text):
    check_signin_url(text)

    assert fill_signin_url(text, "x").startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/login",
        "https://shop.example/{next}?{next}",
        "javascript:alert(1)//{next}",
        "//shop.example/{next}",
        "/login?{next}",
        "https:///{next}",
        "https://shop.example/log in?{next}",
        "https://shop.example/\n{next}",
        "https://{next}",
    ],
)
def test_any_other_is_refused(text):
    with pytest.raises(ValueError, match="once"):
        check_signin_url(text)


def test_the_address_to_return_to_is_one_value_of_the_shops_query():
    filled = fill_signin_url(GOOD, "https://line.example/signin?next=%2Fa&returned=1")

    assert filled == (
        "https://shop.example/login?return_to="
        "https%3A%2F%2Fline.example%2Fsignin%3Fnext%3D%252Fa%26returned%3D1"
    )


def test_without_an_address_of_ours_there_is_nowhere_to_return():
    with pytest.raises(BadSettings, match="SIGNIN_URL needs BASE_URL"):
        read_settings(WebSettings, environ | {"SIGNIN_URL": GOOD})

    known = read_settings(WebSettings, environ | {"SIGNIN_URL": GOOD, "BASE_URL": "https://l.test"})

    assert known.SIGNIN_URL == GOOD
