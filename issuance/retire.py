"""Retire: deletes the rows that only a served line needs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, delete, select

from issuance.errors import translate_postgres_errors
from issuance.tables import coupons, refusals, spent_tickets


def forget_line(engine: Engine, room_id: UUID) -> None:
    """Delete the spent tickets of a room and the refusals of its coupon: no batch is repeated any
    more. Raises OfficeAway.
    """
    coupon_id = select(coupons.c.id).where(coupons.c.room_id == room_id).scalar_subquery()
    with translate_postgres_errors(), engine.begin() as tx:
        tx.execute(delete(spent_tickets).where(spent_tickets.c.room_id == room_id))
        tx.execute(delete(refusals).where(refusals.c.coupon_id == coupon_id))
