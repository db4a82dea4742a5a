from datetime import timedelta

import pytest

from domain.issued_coupon import Status
from domain.refusals import AlreadyUsed, CouponExpired, Refusal, SoldOut
from tests.unit.cast import alice, noon, spring


def test_an_unused_coupon_is_used_once():
    issued = spring().issue_to(alice, noon)

    issued.use(noon)

    assert (issued.status, issued.used_at) == (Status.USED, noon)
    with pytest.raises(AlreadyUsed):
        issued.use(noon)


def test_a_stale_coupon_cannot_be_used():
    issued = spring().issue_to(alice, noon)

    with pytest.raises(CouponExpired):
        issued.use(issued.expire_date)

    assert issued.status is Status.UNUSED


def test_a_coupon_expires_only_when_its_time_is_over():
    issued = spring().issue_to(alice, noon)

    with pytest.raises(ValueError, match="can be used until"):
        issued.expire(noon)
    issued.expire(issued.expire_date)

    assert issued.status is Status.EXPIRED
    with pytest.raises(CouponExpired):
        issued.use(noon)


def test_a_used_coupon_does_not_expire():
    issued = spring().issue_to(alice, noon)
    issued.use(noon)

    with pytest.raises(AlreadyUsed):
        issued.expire(noon + timedelta(days=9))


def test_issued_coupons_are_the_same_by_id_whatever_their_status():
    one, other = spring().issue_to(alice, noon), spring().issue_to(alice, noon)

    other.use(noon)

    assert one == other
    assert len({one, other}) == 1


def test_a_refusal_reads_as_its_docstring():
    assert str(SoldOut()) == SoldOut().detail == "All coupons have been issued."


def test_every_refusal_has_a_name_and_words_of_its_own():
    kinds = Refusal.__subclasses__()

    assert len({k.slug for k in kinds} | {"refused"}) == len(kinds) + 1
    assert all(k.__doc__ and k.__doc__ != Refusal.__doc__ for k in kinds)
