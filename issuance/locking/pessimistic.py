"""Pessimistic: the coupon's row is locked first, so whoever comes second waits in Postgres."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from issuance.locking.direct_issue import DirectIssue, decide
from issuance.single import FIND_LOCKED, single, write_where

_WRITE = write_where()


def issue_pessimistically(engine: Engine, code: str, member_id: str, now: datetime) -> DirectIssue:
    """`SELECT ... FOR UPDATE`, decide, write. Raises a Refusal, NoSuchCoupon."""
    with single(engine) as tx:
        coupon, _, holds_one = tx.read(FIND_LOCKED, code, member_id)
        decided = decide(coupon, holds_one, member_id, now)
        if decided.is_new and not tx.write(_WRITE, coupon, decided.issued):
            raise RuntimeError("the locked coupon is gone; rolled back")
    return decided
