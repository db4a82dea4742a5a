"""Pessimistic: locks the coupon's row first, so concurrent requests wait in Postgres."""

from __future__ import annotations

from sqlalchemy import Engine

from issuance.issue_transaction import FIND_LOCKED, WRITE_LOCKED, open_issue_transaction
from issuance.locking.direct_issue import DirectIssue, decide


def issue_pessimistically(engine: Engine, code: str, member_id: str) -> DirectIssue:
    """`SELECT ... FOR UPDATE`, decide, write. Raises a Refusal, NoSuchCoupon."""
    with open_issue_transaction(engine) as tx:
        coupon, row, holders = tx.load_coupon(FIND_LOCKED, code, [member_id])
        decided = decide(coupon, holders, member_id, row.read_at)
        if decided.is_new:
            tx.write_issued(WRITE_LOCKED, coupon, [decided.issued])
    return decided
