"""Spent tickets: whose old ticket gives no place back, kept where a lost Redis can't lose it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Engine, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from domain.spent_ticket import SpentTicket
from issuance.errors import translate_postgres_errors
from issuance.tables import spent_tickets

AT_ONCE = 1_000
_OF = spent_tickets.c
_COLUMNS = ("member_id", "arrival", "noted_at_us")


def save_spent_tickets(engine: Engine, coupon_id: UUID, tickets: Sequence[SpentTicket]) -> None:
    """Write these down in one statement, each member once, unless a later one already is.

    Raises OfficeAway.
    """
    members, arrivals, noted = (list(column) for column in zip(*tickets, strict=True))
    # Arrays: a statement with a parameter for each value would be compiled anew for each length.
    rows = (
        func.unnest(
            literal(members, ARRAY(Text)),
            literal(arrivals, ARRAY(BigInteger)),
            literal(noted, ARRAY(BigInteger)),
        )
        .table_valued(*_COLUMNS)
        .render_derived()
    )
    of_coupon = literal(coupon_id, _OF.coupon_id.type)
    kept = insert(spent_tickets).from_select(
        ("coupon_id", *_COLUMNS), select(of_coupon, *(rows.c[name] for name in _COLUMNS))
    )
    values = {name: kept.excluded[name] for name in ("arrival", "noted_at_us")}
    with translate_postgres_errors(), engine.begin() as tx:
        tx.execute(
            kept.on_conflict_do_update(
                index_elements=[_OF.coupon_id, _OF.member_id],
                set_=values,
                where=_OF.noted_at_us < kept.excluded.noted_at_us,
            )
        )


def list_spent_after(engine: Engine, coupon_id: UUID, member_id: str) -> list[SpentTicket]:
    """The next AT_ONCE by member id; "" begins. Raises OfficeAway."""
    query = select(*(_OF[name] for name in _COLUMNS))
    query = query.where(_OF.coupon_id == coupon_id, _OF.member_id > member_id)
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(query.order_by(_OF.member_id).limit(AT_ONCE))
        return [SpentTicket(*row) for row in rows]
