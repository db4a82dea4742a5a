"""Direct: one member asks, and is answered when Postgres has committed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from domain.issued_coupon import IssuedCoupon
from domain.refusals import Refusal
from issuance.errors import NotDirect, away_is_said
from issuance.issue import hand_out
from issuance.rows import find_coupon, held_by


def issue_directly(
    engine: Engine, code: str, member_id: str, now: datetime
) -> tuple[IssuedCoupon, bool]:
    """The member's coupon, and whether it is new. The coupon's row is locked meanwhile.

    Raises a Refusal, NotDirect for a coupon that has a line, NoSuchCoupon, OfficeAway.
    """
    with away_is_said(), engine.begin() as tx:
        coupon = find_coupon(tx, code, lock=True)
        if coupon.issuing == "queue":
            raise NotDirect
        is_new = not held_by(tx, coupon.id, [member_id])
        outcome = hand_out(tx, coupon, [member_id], now)[member_id]
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome, is_new
