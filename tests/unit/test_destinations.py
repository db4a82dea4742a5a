"""The registry of destinations: each kind of room leads to one."""

from types import SimpleNamespace

import pytest

from application.destinations.registry import by_kind

COUPONS = SimpleNamespace(kind="coupon")
SITES = SimpleNamespace(kind="site")


def test_each_kind_of_room_has_its_destination():
    assert by_kind([COUPONS, SITES]) == {"coupon": COUPONS, "site": SITES}


@pytest.mark.parametrize(
    ("given", "there_are"),
    [
        ([], "none"),
        ([COUPONS], "coupon"),
        ([COUPONS, SITES, SimpleNamespace(kind="coupon")], "coupon, site, coupon"),
        ([COUPONS, SITES, SimpleNamespace(kind="ferry")], "coupon, site, ferry"),
    ],
)
def test_a_kind_without_a_destination_or_with_two_is_an_error(given, there_are):
    with pytest.raises(
        ValueError, match=f"coupon, site needs one destination; there are: {there_are}$"
    ):
        by_kind(given)
