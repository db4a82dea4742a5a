"""Spent tickets: stores in Postgres which tickets no longer restore a place."""

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


def save_spent_tickets(engine: Engine, room_id: UUID, tickets: Sequence[SpentTicket]) -> None:
    """Upsert these in one statement; a later record of a member wins. Raises OfficeAway.

    tickets: at most one for each member.
    """
    members, arrivals, noted = (list(column) for column in zip(*tickets, strict=True))
    # Arrays: SQLAlchemy would compile a statement with one parameter a value for each length.
    rows = (
        func.unnest(
            literal(members, ARRAY(Text)),
            literal(arrivals, ARRAY(BigInteger)),
            literal(noted, ARRAY(BigInteger)),
        )
        .table_valued(*_COLUMNS)
        .render_derived()
    )
    of_room = literal(room_id, _OF.room_id.type)
    kept = insert(spent_tickets).from_select(
        ("room_id", *_COLUMNS), select(of_room, *(rows.c[name] for name in _COLUMNS))
    )
    values = {name: kept.excluded[name] for name in ("arrival", "noted_at_us")}
    with translate_postgres_errors(), engine.begin() as tx:
        tx.execute(
            kept.on_conflict_do_update(
                index_elements=[_OF.room_id, _OF.member_id],
                set_=values,
                where=_OF.noted_at_us < kept.excluded.noted_at_us,
            )
        )


def list_spent_after(engine: Engine, room_id: UUID, member_id: str) -> list[SpentTicket]:
    """The next AT_ONCE after member_id ("": from the start), sorted. Raises OfficeAway."""
    query = select(*(_OF[name] for name in _COLUMNS))
    query = query.where(_OF.room_id == room_id, _OF.member_id > member_id)
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(query.order_by(_OF.member_id).limit(AT_ONCE))
        return [SpentTicket(*row) for row in rows]
