"""Issue: a batch of members gets coupons in one transaction. One member is a batch of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
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
    now: datetime | None = None,
    *,
    admitted_at: Sequence[datetime] = (),
    refused: Callable[[], Collection[str]] = frozenset,
    within_s: float | None = None,
) -> Issued:
    """Issue to these members, in their order. When it returns, Postgres has committed it.

    now: by Postgres' clock unless given. admitted_at: when the line let each of them through, in
    their order, or nothing where that is not known. refused: who has been told a refusal already,
    asked under the coupon's lock; they are left out. within_s: for all of it; beyond that it is
    given up. Asked again, each gets the coupon they hold. Raises NoSuchCoupon, OfficeAway, what
    `refused` raises; ValueError where the times are not as many as the members.
    """
    began_s = time.perf_counter()
    with away_is_said(), in_turns(engine, within_s=within_s) as tx:
        coupon, row, holders = tx.read(FIND_LOCKED, code, member_ids)
        # One moment for all of a batch, which is written as one.
        moment = max([now or row.read_at, *admitted_at])
        times: Sequence[datetime | None] = admitted_at or [None] * len(member_ids)
        # Not before the lock is ours: who held it may just have refused these very members.
        left_out = refused()
        outcomes = {
            member_id: _attempt(coupon, member_id, moment, time)
            for member_id, time in zip(member_ids, times, strict=True)
            if member_id not in left_out
        }
        new = [
            one
            for one in outcomes.values()
            if isinstance(one, IssuedCoupon) and one.member_id not in holders
        ]
        if new:
            tx.write(WRITE_LOCKED, coupon, new)
    took_ms = (time.perf_counter() - began_s) * 1_000
    return Issued(code, coupon.inventory.used_count, outcomes, took_ms)


def _attempt(
    coupon: Coupon, member_id: str, now: datetime, admitted_at: datetime | None
) -> IssuedCoupon | Refusal:
    try:
        return coupon.issue_to(Member(member_id), now, admitted_at)
    except Refusal as refusal:
        return refusal
