"""DirectIssue: what every direct way answers with, and how it decides under its lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from issuance.rows import held_by


@dataclass(frozen=True, slots=True)
class DirectIssue:
    """The member's coupon, whether it is new, and how often the way had to try again for it."""

    issued: IssuedCoupon
    is_new: bool
    retries: int = 0


def decide(tx: Connection, coupon: Coupon, member_id: str, now: datetime) -> DirectIssue:
    """Let the coupon decide; nothing is written yet. Raises a Refusal."""
    held = held_by(tx, coupon.id, [member_id])
    coupon.recall(held)
    return DirectIssue(coupon.issue_to(Member(member_id), now), is_new=not held)
