"""The forecast of a sale: one pure function, said in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.forecast.sale_forecast import SaleForecast, forecast_sale
from web.i18n import languages
from web.pages.admin.sale.forecast import forecast_of_form, forecast_sentence

EN, KO = languages()["en"], languages()["ko"]
FORM = {"total_count": "1000", "rate_per_s": "100", "size_max": "1000000"}


def test_a_sale_with_too_few_coupons_is_over_when_they_are_gone():
    ahead = forecast_sale(coupons=1_000, people=10_000, rate_per_s=100, size_max=1_000_000)

    assert ahead == SaleForecast(ends_in_s=10, will_miss_out=9_000, left=0, no_room_for=0)


def test_a_sale_with_enough_coupons_is_over_when_everybody_has_one():
    ahead = forecast_sale(coupons=1_000, people=400, rate_per_s=10, size_max=1_000_000)

    assert ahead == SaleForecast(ends_in_s=40, will_miss_out=0, left=600, no_room_for=0)


def test_a_line_that_is_too_short_makes_people_try_again():
    ahead = forecast_sale(coupons=1_000, people=10_000, rate_per_s=100, size_max=500)

    assert ahead == SaleForecast(ends_in_s=10, will_miss_out=9_000, left=0, no_room_for=9_500)


@given(
    coupons=st.integers(1, 10_000_000),
    people=st.integers(1, 10_000_000),
    rate_per_s=st.floats(0.1, 100_000),
    size_max=st.integers(1, 10_000_000),
)
def test_everybody_and_every_coupon_is_counted_once(coupons, people, rate_per_s, size_max):
    ahead = forecast_sale(coupons=coupons, people=people, rate_per_s=rate_per_s, size_max=size_max)

    assert people - ahead.will_miss_out == coupons - ahead.left
    assert min(ahead.will_miss_out, ahead.left) == 0
    assert ahead.ends_in_s * rate_per_s == pytest.approx(coupons - ahead.left)


def test_the_sentence_has_the_numbers_that_an_admin_decides_by():
    assert forecast_of_form(FORM, "10000", EN) == (
        "1,000 coupons for about 10,000 people at 100/s: gone in 10 s, longest wait 10 s. 9,000 "
        "miss out."
    )
    assert forecast_of_form(FORM, "1000", EN) == (
        "1,000 coupons for about 1,000 people at 100/s: everybody has one in 10 s, and 0 are left."
    )
    assert forecast_of_form(FORM, "400", EN) == (
        "1,000 coupons for about 400 people at 100/s: everybody has one in 4 s, and 600 are left."
    )
    assert "10초" in forecast_of_form(FORM, "10000", KO)
    full = forecast_sentence(EN, coupons=1_000, people=10_000, rate_per_s=100, size_max=500)
    assert full.endswith("9,500 find the line full at first: raise “Maximum in line”.")


@pytest.mark.parametrize(
    ("people", "changes"),
    [
        ("", {}),
        ("many", {}),
        ("0", {}),
        ("10000001", {}),
        ("10", {"total_count": ""}),
        ("10", {"total_count": "0"}),
        ("10", {"rate_per_s": "0"}),
        ("10", {"rate_per_s": "-1"}),
        ("10", {"size_max": "x"}),
    ],
)
def test_nothing_is_said_while_a_number_is_missing_or_wrong(people, changes):
    assert forecast_of_form(FORM | changes, people, EN) == ""
