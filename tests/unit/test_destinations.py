"""The registry of destinations: each kind of room leads to one."""

from types import SimpleNamespace

import pytest

from application.destinations.registry import by_kind

COUPONS = SimpleNamespace(kind="coupon")


def test_each_kind_of_room_has_its_destination():
    assert by_kind([COUPONS]) == {"coupon": COUPONS}


@pytest.mark.parametrize(
    ("given", "there_are"),
    [
        ([], "none"),
        ([COUPONS, SimpleNamespace(kind="coupon")], "coupon, coupon"),
        ([COUPONS, SimpleNamespace(kind="ferry")], "coupon, ferry"),
    ],
)
def test_a_kind_without_a_destination_or_with_two_is_an_error(given, there_are):
    with pytest.raises(ValueError, match=f"coupon needs one destination; there are: {there_are}$"):
        by_kind(given)
