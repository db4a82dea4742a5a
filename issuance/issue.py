"""Issue: a batch of members gets coupons in one transaction. One member is a batch of one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import Refusal
from issuance.errors import away_is_said
from issuance.turns import FIND_LOCKED, WRITE_LOCKED, in_turns


@dataclass(frozen=True, slots=True)
class Issued:
    """What was committed: the stock's used_count, and each member's coupon or refusal.

    took_ms: from asking for the transaction to its commit.
    """

    code: str
    used_count: int
    outcomes: Mapping[str, IssuedCoupon | Refusal]
    took_ms: float | None = None


def issue(
    engine: Engine,
    code: str,
    member_ids: Sequence[str],
    now: datetime,
    *,
    within_s: float | None = None,
) -> Issued:
    """Issue to these members, in their order. When it returns, Postgres has committed it.

    Asked again, each gets the coupon they hold. within_s: for all of it; beyond that it is given
    up. Raises NoSuchCoupon, OfficeAway.
    """
    began_s = time.perf_counter()
    with away_is_said(), in_turns(engine, within_s=within_s) as tx:
        coupon, _, holders = tx.read(FIND_LOCKED, code, member_ids)
        outcomes = {member_id: _attempt(coupon, member_id, now) for member_id in member_ids}
        new = [
            one
            for one in outcomes.values()
            if isinstance(one, IssuedCoupon) and one.member_id not in holders
        ]
        if new:
            tx.write(WRITE_LOCKED, coupon, new)
    took_ms = (time.perf_counter() - began_s) * 1_000
    return Issued(code, coupon.inventory.used_count, outcomes, took_ms)


def _attempt(coupon: Coupon, member_id: str, now: datetime) -> IssuedCoupon | Refusal:
    try:
        return coupon.issue_to(Member(member_id), now)
    except Refusal as refusal:
        return refusal
