import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.discount import DiscountPolicy


def test_an_amount_comes_off_the_price():
    assert DiscountPolicy("amount", 5_000).discount_on(20_000) == 5_000


def test_a_percentage_is_rounded_down_and_capped():
    tenth = DiscountPolicy("percent", 10, cap=3_000)

    assert tenth.discount_on(9_999) == 999
    assert tenth.discount_on(100_000) == 3_000


@pytest.mark.parametrize(
    "wrong",
    [
        ("percent", 0, None),
        ("percent", 101, None),
        ("amount", 0, None),
        ("amount", 10, 5),
        ("percent", 10, 0),
        ("gift", 10, None),
    ],
)
def test_a_policy_that_makes_no_sense_cannot_be_made(wrong):
    with pytest.raises(ValueError):
        DiscountPolicy(*wrong)


amounts = st.builds(DiscountPolicy, st.just("amount"), st.integers(1, 10**9))
percents = st.builds(
    DiscountPolicy, st.just("percent"), st.integers(1, 100), st.none() | st.integers(1, 10**9)
)


@given(amounts | percents, st.integers(0, 10**10))
def test_a_discount_never_exceeds_the_price_or_the_cap(policy, price):
    off = policy.discount_on(price)

    assert 0 <= off <= price
    assert policy.cap is None or off <= policy.cap
