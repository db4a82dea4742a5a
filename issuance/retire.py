"""Retire: deletes the rows that only a served line needs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, delete

from issuance.errors import translate_postgres_errors
from issuance.tables import refusals, spent_tickets


def forget_line(engine: Engine, coupon_id: UUID) -> None:
    """Delete its spent tickets and refusals: no batch is repeated any more. Raises OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        for kept in (spent_tickets, refusals):
            tx.execute(delete(kept).where(kept.c.coupon_id == coupon_id))
