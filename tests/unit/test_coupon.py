from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.discount import DiscountPolicy
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import AlreadyStarted, Closed, NotOpenYet, SoldOut
from tests.unit.cast import alice, bob, noon, spring


def test_the_last_coupon_goes_to_one_of_two():
    coupon = spring(total=1)
    coupon.issue_to(alice, noon)

    with pytest.raises(SoldOut):
        coupon.issue_to(bob, noon)

    assert coupon.inventory.used_count == 1


def test_asking_twice_gives_the_same_coupon_and_takes_one():
    coupon = spring(total=5)

    first, second = coupon.issue_to(alice, noon), coupon.issue_to(alice, noon)

    assert first is second
    assert coupon.inventory.used_count == 1


def test_who_holds_one_from_before_gets_it_back_even_when_sold_out_or_closed():
    held = spring(total=1).issue_to(alice, noon)
    later = spring(total=1, used=1)
    later.recall([held])

    again = later.issue_to(alice, noon + timedelta(days=9))

    assert again == held


def test_a_repeated_attempt_names_the_same_id():
    assert spring().issue_to(alice, noon).id == spring().issue_to(alice, noon).id
    assert spring().issue_to(alice, noon).id != spring().issue_to(bob, noon).id


def test_nothing_is_issued_before_it_opens():
    coupon = spring(opens_at=noon)

    with pytest.raises(NotOpenYet) as refusal:
        coupon.issue_to(alice, noon - timedelta(microseconds=1))

    assert refusal.value.opens_at == noon
    assert coupon.issue_to(alice, noon).issued_at == noon


def test_nothing_is_issued_once_it_expires():
    coupon = spring(expire_date=noon)

    with pytest.raises(Closed):
        coupon.issue_to(alice, noon)

    assert not coupon.inventory.is_started


@pytest.mark.parametrize("behind", [timedelta(microseconds=1), timedelta(hours=1)])
def test_who_was_admitted_is_never_told_that_it_is_not_open_yet(behind):
    """By a clock that is behind the line's, or as the opening was put off after they were."""
    coupon = spring(opens_at=noon)

    issued = coupon.issue_to(alice, noon - behind, admitted_at=noon)
    coupon_put_off = spring(opens_at=noon + behind)

    assert issued.issued_at == noon, "never before they were admitted"
    assert coupon_put_off.issue_to(bob, noon, admitted_at=noon).issued_at == noon


def test_whether_the_end_had_come_is_decided_by_when_they_were_admitted():
    coupon = spring(expire_date=noon)
    in_time, late = noon - timedelta(microseconds=1), noon + timedelta(hours=1)

    with pytest.raises(Closed):
        coupon.issue_to(bob, in_time, admitted_at=noon)

    assert coupon.issue_to(alice, late, admitted_at=in_time).issued_at == late


def test_who_was_admitted_gets_none_of_what_is_sold_out():
    coupon = spring(total=1, used=1)

    with pytest.raises(SoldOut):
        coupon.issue_to(alice, noon, admitted_at=noon)


def test_a_coupon_of_another_kind_is_not_recalled():
    stranger = spring(id=UUID(int=2), code="autumn").issue_to(alice, noon)

    with pytest.raises(ValueError, match="does not belong to coupon spring"):
        spring().recall([stranger])


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "-x"},
        {"code": "UPPER"},
        {"code": "a" * 41},
        {"description": ""},
        {"description": "x" * 201},
        {"description": "a\0b"},
        {"opens_at": noon.replace(year=1999)},
        {"expire_date": noon.replace(year=2200)},
        {"opens_at": noon, "expire_date": noon},
        {"opens_at": noon.replace(tzinfo=None)},
        {"issuing": "lottery"},
    ],
)
def test_a_coupon_that_makes_no_sense_cannot_be_made(wrong):
    with pytest.raises(ValueError):
        spring(**wrong)


def test_everything_may_change_before_issuing_starts():
    changed = spring(total=5).change(
        description="Spring sale!",
        discount=DiscountPolicy("percent", 20),
        total_count=3,
        opens_at=noon,
    )

    assert (changed.description, changed.inventory.total_count) == ("Spring sale!", 3)
    assert (changed.discount.value, changed.opens_at) == (20, noon)


@pytest.mark.parametrize(
    "broken",
    [
        {"discount": DiscountPolicy("amount", 1)},
        {"opens_at": noon},
        {"expire_date": noon + timedelta(hours=1)},
    ],
)
def test_what_was_promised_is_fixed_once_issuing_has_started(broken):
    with pytest.raises(AlreadyStarted):
        spring(total=5, used=1).change(**broken)


def test_the_stock_may_change_after_the_start_but_never_below_what_is_used():
    begun = spring(total=5, used=2)

    assert begun.change(total_count=9).inventory.remain_count == 7
    assert begun.change(total_count=2).inventory.remain_count == 0
    with pytest.raises(ValueError, match="at least 2, the number already issued, got 1"):
        begun.change(total_count=1)


member_ids = st.lists(st.sampled_from([f"member-{n}" for n in range(12)]), max_size=60)


@given(st.integers(0, 10), member_ids)
def test_whatever_the_order_exactly_the_first_members_get_one_each(total, asking):
    coupon = spring(total=total)
    got: dict[str, IssuedCoupon] = {}

    for member_id in asking:
        try:
            issued = coupon.issue_to(Member(member_id), noon)
        except SoldOut:
            assert member_id not in got
            continue
        assert got.setdefault(member_id, issued) is issued

    first_come = list(dict.fromkeys(asking))[:total]
    assert sorted(got) == sorted(first_come)
    assert coupon.inventory.used_count == len(got)
