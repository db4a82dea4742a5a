"""Short codes can be read out, typed, and told apart; the shop's address carries one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.branding import Branding
from domain.invalid_value import InvalidValue
from domain.issued_coupon import SHORT_CODES, make_short_code, read_short_code

CODE = "K7M2P9QX"


@given(st.integers(0, SHORT_CODES - 1))
def test_a_code_is_read_as_it_was_made(number):
    code = make_short_code(number)

    assert len(code) == 8
    assert read_short_code(code) == read_short_code(f"{code[:4]}-{code[4:]}".lower()) == code


@given(st.integers(0, SHORT_CODES - 1), st.integers(0, SHORT_CODES - 1))
def test_two_numbers_are_two_codes(one, other):
    assert (make_short_code(one) == make_short_code(other)) == (one == other)


@pytest.mark.parametrize("typed", ["k7m2-p9qx", " K7M2 P9QX ", "K7M2P9QX"])
def test_a_code_may_be_typed_in_many_ways(typed):
    assert read_short_code(typed) == CODE


def test_letters_that_look_like_digits_are_read_as_digits():
    assert read_short_code("oil0-OIL1") == "01100111"


@pytest.mark.parametrize("typed", ["", "K7M2P9Q", "K7M2P9QXX", "K7M2P9QU", "K7M2P9Q!", "홍7M2P9QX"])
def test_anything_else_is_no_code(typed):
    assert read_short_code(typed) is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://shop.example", f"https://shop.example?coupon={CODE}"),
        ("https://shop.example/use", f"https://shop.example/use?coupon={CODE}"),
        ("http://127.0.0.1:9000/?a=1&b=%20", f"http://127.0.0.1:9000/?a=1&b=%20&coupon={CODE}"),
        ("https://shop.example/#cart", f"https://shop.example/?coupon={CODE}#cart"),
        ("https://가게.kr/결제?x={y}", f"https://가게.kr/결제?x={{y}}&coupon={CODE}"),
    ],
)
def test_the_shops_address_carries_the_code_beside_what_it_has(url, address):
    assert Branding(return_url=url).address_to_use(CODE) == address


def test_without_an_address_or_a_code_there_is_no_button():
    assert Branding().address_to_use(CODE) == ""
    assert Branding(return_url="https://shop.example").address_to_use(None) == ""


@pytest.mark.parametrize(
    "url",
    [
        "shop.example", "/checkout", "//shop.example", "javascript:alert(1)", "ftp://shop.example",
        "https://", "https:///x", "https://user:pw@shop.example", "https://shop.example/a b",
        "https://shop.example\\@evil.example", "https://shop.example/?coupon=x",
        "https://shop.example:x/", "https://shop.example/\n", f"https://{'a' * 500}.example",
        'https://shop.example/"><script>', "https://[::1", "https://shop.example:99999/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InvalidValue):
        Branding(return_url=url)
