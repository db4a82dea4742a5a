"""Ledger: who holds a coupon, row by row, for holding other accounts against it."""

from __future__ import annotations

from sqlalchemy import Engine, select

from issuance.errors import away_is_said
from issuance.rows import find_coupon
from issuance.tables import issued_coupons


def holders(engine: Engine, code: str) -> list[str]:
    """The member id of every row of this coupon. Raises NoSuchCoupon, OfficeAway."""
    with away_is_said(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(issued_coupons.c.member_id).where(issued_coupons.c.coupon_id == coupon.id)
        return list(tx.execute(query).scalars())
