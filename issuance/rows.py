"""Rows: how the domain's objects are written to the tables and read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.sql import func
from sqlalchemy.types import Text, Uuid

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.issued_coupon import IssuedCoupon, Status
from issuance.errors import NoSuchCoupon
from issuance.tables import coupons, issued_coupons


def find_coupon(tx: Connection, code: str, *, lock: bool = False) -> Coupon:
    """The coupon; with `lock`, nobody else issues from it until the transaction ends."""
    query: Select[Any] = select(coupons).where(coupons.c.code == code)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NoSuchCoupon
    return coupon_of(row)


def coupon_of(row: Row[Any]) -> Coupon:
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


def _columns_of(coupon: Coupon) -> dict[str, Any]:
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


def insert_coupon(tx: Connection, coupon: Coupon) -> None:
    tx.execute(insert(coupons).values(id=coupon.id, **_columns_of(coupon)))


def update_coupon(tx: Connection, coupon: Coupon) -> None:
    """Write the whole coupon, under its lock; whoever decided on the old one is kept out."""
    later = {"version": coupons.c.version + 1, "fence": coupons.c.fence + 1}
    values = _columns_of(coupon) | later
    tx.execute(update(coupons).where(coupons.c.id == coupon.id).values(**values))


def update_inventory(tx: Connection, coupon: Coupon) -> None:
    tx.execute(
        update(coupons)
        .where(coupons.c.id == coupon.id)
        .values(used_count=coupon.inventory.used_count)
    )


def issued_of(row: Row[Any]) -> IssuedCoupon:
    return IssuedCoupon(
        id=row.id,
        coupon_id=row.coupon_id,
        member_id=row.member_id,
        issued_at=row.issued_at,
        expire_date=row.expire_date,
        status=Status(row.status),
        used_at=row.used_at,
    )


def held_by(tx: Connection, coupon_id: UUID, member_ids: Sequence[str]) -> list[IssuedCoupon]:
    """The coupons of this kind that these members already hold."""
    query = select(issued_coupons).where(
        issued_coupons.c.coupon_id == coupon_id,
        issued_coupons.c.member_id == func.any(literal(list(member_ids), ARRAY(Text))),
    )
    return [issued_of(row) for row in tx.execute(query)]


def insert_issued(tx: Connection, fresh: Sequence[IssuedCoupon]) -> None:
    """Write newly issued coupons of one kind and one moment, in one statement: all or none.

    Raises RuntimeError, so that the transaction is rolled back, where somebody who went round the
    coupon's lock has written one of them.

    A plain insert with ON CONFLICT: with a join, Postgres plans a sequential scan while the table
    is new, and slows down as it grows.
    """
    first = fresh[0]
    pairs = func.unnest(
        literal([one.id for one in fresh], ARRAY(Uuid)),
        literal([one.member_id for one in fresh], ARRAY(Text)),
    )
    new = pairs.table_valued("id", "member_id", name="new").render_derived()
    rows = select(
        new.c.id,
        literal(first.coupon_id, Uuid),
        new.c.member_id,
        literal(first.status.value, Text),
        literal(first.issued_at),
        literal(first.expire_date),
    )
    names = ["id", "coupon_id", "member_id", "status", "issued_at", "expire_date"]
    written = tx.execute(
        postgresql_insert(issued_coupons)
        .from_select(names, rows)
        .on_conflict_do_nothing(constraint="one_per_member"),
        execution_options={"preserve_rowcount": True},
    )
    if written.rowcount != len(fresh):
        raise RuntimeError(f"{written.rowcount} rows written for {len(fresh)} coupons; rolled back")
