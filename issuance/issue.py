"""Issue: a batch of members gets coupons in one transaction. One member is a batch of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import Refusal
from issuance.errors import away_is_said
from issuance.rows import find_coupon, held_by, insert_issued, update_inventory


@dataclass(frozen=True, slots=True)
class Issued:
    """What was committed: the stock's used_count, and each member's coupon or refusal."""

    code: str
    used_count: int
    outcomes: Mapping[str, IssuedCoupon | Refusal]


def issue(engine: Engine, code: str, member_ids: Sequence[str], now: datetime) -> Issued:
    """Issue to these members, in their order. When it returns, Postgres has committed it.

    Asked again, each gets the coupon they hold. Raises NoSuchCoupon, OfficeAway.
    """
    with away_is_said(), engine.begin() as tx:
        coupon = find_coupon(tx, code, lock=True)
        outcomes = hand_out(tx, coupon, member_ids, now)
    return Issued(code, coupon.inventory.used_count, outcomes)


def hand_out(
    tx: Connection, coupon: Coupon, member_ids: Sequence[str], now: datetime
) -> dict[str, IssuedCoupon | Refusal]:
    """Let the coupon decide for each member, and write what it decided set-wise."""
    held = held_by(tx, coupon.id, member_ids)
    coupon.recall(held)
    outcomes = {member_id: _attempt(coupon, member_id, now) for member_id in member_ids}
    had_one = {one.member_id for one in held}
    fresh = [
        one
        for one in outcomes.values()
        if isinstance(one, IssuedCoupon) and one.member_id not in had_one
    ]
    if fresh:
        insert_issued(tx, fresh)
        update_inventory(tx, coupon)
    return outcomes


def _attempt(coupon: Coupon, member_id: str, now: datetime) -> IssuedCoupon | Refusal:
    try:
        return coupon.issue_to(Member(member_id), now)
    except Refusal as refusal:
        return refusal
