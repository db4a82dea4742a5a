"""DirectIssue: the result of every direct way, and the decision that they share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member


@dataclass(frozen=True, slots=True)
class DirectIssue:
    """The member's coupon, whether it is new, and how many retries it took."""

    issued: IssuedCoupon
    is_new: bool
    retries: int = 0


def decide(coupon: Coupon, holders: Collection[str], member_id: str, now: datetime) -> DirectIssue:
    """Issue in memory; the caller writes the result. Raises a Refusal.

    coupon: with the member's holdings loaded. now: when the coupon was read, by Postgres' clock,
    not this host's.
    """
    return DirectIssue(coupon.issue_to(Member(member_id), now), is_new=member_id not in holders)
