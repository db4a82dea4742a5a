"""Optimistic: takes no lock; writes only if the coupon's version is unchanged, else retries."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from sqlalchemy import Engine, bindparam, literal_column

from issuance.errors import OfficeAway
from issuance.issue_transaction import FIND, compile_issue_statement, open_issue_transaction
from issuance.locking.direct_issue import DirectIssue, decide
from issuance.tables import coupons

ATTEMPTS_MAX = 60
PAUSE_MIN_S = 0.001
PAUSE_MAX_S = 0.05

_WRITE = compile_issue_statement(
    coupons.c.version == bindparam("read_version"), version=coupons.c.version + literal_column("1")
)


def issue_optimistically(engine: Engine, code: str, member_id: str) -> DirectIssue:
    """Read, decide, and write if the version is unchanged.

    Raises a Refusal, NoSuchCoupon; OfficeAway if ATTEMPTS_MAX attempts lost.
    """
    for attempt in range(ATTEMPTS_MAX):
        decided = _attempt(engine, code, member_id)
        if decided is not None:
            return replace(decided, retries=attempt)
        # No connection is held between attempts. Full jitter spreads those that collided.
        most_s = min(PAUSE_MAX_S, PAUSE_MIN_S * 2**attempt)
        time.sleep(random.uniform(0, most_s))  # noqa: S311 - chance, not a secret
    raise OfficeAway


def _attempt(engine: Engine, code: str, member_id: str) -> DirectIssue | None:
    """None if another transaction wrote first; then this one has written nothing."""
    with open_issue_transaction(engine) as tx:
        coupon, row, holders = tx.load_coupon(FIND, code, [member_id])
        decided = decide(coupon, holders, member_id, row.read_at)
        if decided.is_new and not tx.write_issued(
            _WRITE, coupon, [decided.issued], read_version=row.version
        ):
            return None
    return decided
