"""Member coupons: lists and spends a member's coupons, and expires old ones, by Postgres' clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, Select, func, select, update

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon, Status
from issuance.errors import NoSuchIssuedCoupon, translate_postgres_errors
from issuance.mappers import READ_AT, coupon_from_row, issued_coupon_from_row
from issuance.tables import coupons, issued_coupons, rooms

HOLDINGS_MAX = 1_000
Holding = tuple[IssuedCoupon, Coupon]


def list_member_coupons(engine: Engine, member_id: str) -> list[Holding]:
    """The member's latest HOLDINGS_MAX coupons, newest first; past expire_date they are EXPIRED.

    Those of rehearsals are left out.
    """
    mine = (
        select(issued_coupons, READ_AT)
        .where(issued_coupons.c.member_id == member_id)
        .order_by(issued_coupons.c.issued_at.desc(), issued_coupons.c.id)
        .limit(HOLDINGS_MAX)
    )
    with translate_postgres_errors(), engine.begin() as tx:
        held = [_with_expiry(row) for row in tx.execute(mine)]
        ids = {one.coupon_id for one in held}
        kinds = {
            row.id: coupon_from_row(row)
            for row in tx.execute(_usable_coupons().where(coupons.c.id.in_(ids)))
        }
    return [(one, kinds[one.coupon_id]) for one in held if one.coupon_id in kinds]


def _usable_coupons() -> Select[Any]:
    """All but those of rehearsals, which nobody can use."""
    rehearsed = select(rooms.c.id).where(
        rooms.c.id == coupons.c.room_id, rooms.c.stage == "rehearsal"
    )
    return select(coupons).where(~rehearsed.exists())


def _with_expiry(row: Row[Any]) -> IssuedCoupon:
    """The coupon, EXPIRED if its time is over, even before `expire_stale` has marked the row."""
    one = issued_coupon_from_row(row)
    if one.status is Status.UNUSED and row.read_at >= one.expire_date:
        one.expire(row.read_at)
    return one


def spend_coupon(engine: Engine, member_id: str, issued_id: UUID) -> Holding:
    """Spend one. Raises AlreadyUsed, CouponExpired, NoSuchIssuedCoupon, OfficeAway.

    Another member's coupon raises NoSuchIssuedCoupon too: ids are not secret. So does one of a
    rehearsal.
    """
    mine = (
        select(issued_coupons, READ_AT)
        .where(issued_coupons.c.id == issued_id, issued_coupons.c.member_id == member_id)
        .with_for_update()
    )
    with translate_postgres_errors(), engine.begin() as tx:
        row = tx.execute(mine).one_or_none()
        if row is None:
            raise NoSuchIssuedCoupon
        issued = issued_coupon_from_row(row)
        of_coupon = _usable_coupons().where(coupons.c.id == issued.coupon_id)
        kind = tx.execute(of_coupon).one_or_none()
        if kind is None:
            raise NoSuchIssuedCoupon
        issued.use(row.read_at)
        tx.execute(
            update(issued_coupons)
            .where(issued_coupons.c.id == issued.id)
            .values(status=issued.status.value, used_at=issued.used_at)
        )
    return issued, coupon_from_row(kind)


def expire_stale(engine: Engine, *, at_most: int = 1_000) -> int:
    """Mark up to `at_most` unused coupons as EXPIRED whose time is over. Returns how many."""
    stale = (
        select(issued_coupons, READ_AT)
        .where(issued_coupons.c.status == Status.UNUSED.value)
        .where(issued_coupons.c.expire_date <= func.now())
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    with translate_postgres_errors(), engine.begin() as tx:
        expired: Sequence[IssuedCoupon] = [_with_expiry(row) for row in tx.execute(stale)]
        if expired:
            tx.execute(
                update(issued_coupons)
                .where(issued_coupons.c.id.in_([one.id for one in expired]))
                .values(status=Status.EXPIRED.value)
            )
    return len(expired)
