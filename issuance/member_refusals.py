"""Member refusals: the refusals that workers committed for a member's admissions."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select

from issuance.errors import translate_postgres_errors
from issuance.mappers import find_coupon
from issuance.tables import refusals


class WorkerRefusal(NamedTuple):
    """slug: of the refusal. admitted_at: when the line admitted the member, by Redis' clock."""

    slug: str
    admitted_at: datetime


def list_refusals_of(engine: Engine, code: str, member_id: str) -> list[WorkerRefusal]:
    """One member's refusals, the latest admission first. Raises NoSuchCoupon, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        query = (
            select(refusals.c.slug, refusals.c.admitted_at)
            .where(refusals.c.coupon_id == find_coupon(tx, code).id)
            .where(refusals.c.member_id == member_id)
            .order_by(refusals.c.admitted_at.desc())
        )
        return [WorkerRefusal(*row) for row in tx.execute(query)]
