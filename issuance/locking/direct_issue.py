"""DirectIssue: what every direct way answers with, and how it decides under its lock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member


@dataclass(frozen=True, slots=True)
class DirectIssue:
    """The member's coupon, whether it is new, and how often the way had to try again for it."""

    issued: IssuedCoupon
    is_new: bool
    retries: int = 0


def decide(coupon: Coupon, holders: Collection[str], member_id: str, now: datetime) -> DirectIssue:
    """Let the coupon decide, which has recalled; nothing is written yet. Raises a Refusal.

    now: when the coupon was read, by Postgres' clock; no host's decides what opens or ends when.
    """
    return DirectIssue(coupon.issue_to(Member(member_id), now), is_new=member_id not in holders)
