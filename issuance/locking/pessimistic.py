"""Pessimistic: the coupon's row is locked first, so whoever comes second waits in Postgres."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from issuance.locking.direct_issue import DirectIssue, decide
from issuance.rows import find_coupon, insert_issued, update_inventory


def issue_pessimistically(engine: Engine, code: str, member_id: str, now: datetime) -> DirectIssue:
    """`SELECT ... FOR UPDATE`, decide, write. Raises a Refusal, NoSuchCoupon."""
    with engine.begin() as tx:
        coupon = find_coupon(tx, code, lock=True)
        decided = decide(tx, coupon, member_id, now)
        if decided.is_new:
            insert_issued(tx, [decided.issued])
            update_inventory(tx, coupon)
    return decided
