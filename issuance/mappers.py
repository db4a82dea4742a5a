"""Mappers: convert domain objects to table rows and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.issued_coupon import IssuedCoupon, Status
from domain.refusals import Refusal, find_refusal
from issuance.errors import NoSuchCoupon
from issuance.tables import coupons

# When the row was read, by Postgres' clock, so that no host's clock counts.
READ_AT = func.clock_timestamp().label("read_at")


def find_coupon(tx: Connection, code: str) -> Coupon:
    row = tx.execute(select(coupons).where(coupons.c.code == code)).one_or_none()
    if row is None:
        raise NoSuchCoupon
    return coupon_from_row(row)


def coupon_from_row(row: Row[Any]) -> Coupon:
    return Coupon(
        id=row.id,
        code=row.code,
        description=row.description,
        discount=DiscountPolicy(row.discount_kind, row.discount_value, row.discount_cap),
        inventory=Inventory(row.total_count, row.used_count),
        opens_at=row.opens_at,
        expire_date=row.expire_date,
        issuing=row.issuing,
    )


def _to_columns(coupon: Coupon) -> dict[str, Any]:
    return {
        "code": coupon.code,
        "description": coupon.description,
        "discount_kind": coupon.discount.kind,
        "discount_value": coupon.discount.value,
        "discount_cap": coupon.discount.cap,
        "total_count": coupon.inventory.total_count,
        "used_count": coupon.inventory.used_count,
        "opens_at": coupon.opens_at,
        "expire_date": coupon.expire_date,
        "issuing": coupon.issuing,
    }


def insert_coupon(tx: Connection, coupon: Coupon, room_id: UUID | None) -> None:
    """room_id: of the coupon's room, None where it is issued directly."""
    tx.execute(insert(coupons).values(id=coupon.id, room_id=room_id, **_to_columns(coupon)))


def update_coupon(tx: Connection, coupon: Coupon) -> None:
    """Write the whole coupon, under its lock. A new version and fence fail direct issues begun
    before.
    """
    later = {"version": coupons.c.version + 1, "fence": coupons.c.fence + 1}
    values = _to_columns(coupon) | later
    tx.execute(update(coupons).where(coupons.c.id == coupon.id).values(**values))


def refusal_from_row(row: Row[Any]) -> Refusal:
    return find_refusal(row.slug)


def issued_coupon_from_row(row: Row[Any]) -> IssuedCoupon:
    return IssuedCoupon(
        id=row.id,
        coupon_id=row.coupon_id,
        member_id=row.member_id,
        issued_at=row.issued_at,
        expire_date=row.expire_date,
        status=Status(row.status),
        used_at=row.used_at,
        short_code=row.short_code,
    )
