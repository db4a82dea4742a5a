"""Ledger: who holds a coupon, row by row, for holding other accounts against it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from sqlalchemy import Engine, select

from issuance.errors import away_is_said
from issuance.rows import find_coupon
from issuance.tables import issued_coupons

ISSUED_COLUMNS = ("id", "member_id", "status", "issued_at", "used_at")
ROWS_AT_ONCE = 1_000
# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")


def holders(engine: Engine, code: str) -> list[str]:
    """The member id of every row of this coupon. Raises NoSuchCoupon, OfficeAway."""
    with away_is_said(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(issued_coupons.c.member_id).where(issued_coupons.c.coupon_id == coupon.id)
        return list(tx.execute(query).scalars())


def issued_rows(engine: Engine, code: str) -> Iterator[tuple[Any, ...]]:
    """Every row of this coupon as of one moment, ISSUED_COLUMNS of it, by member id.

    A server-side cursor: there are never more than ROWS_AT_ONCE in memory. Holds a connection until
    the last one is taken. Raises NoSuchCoupon, OfficeAway.
    """
    with away_is_said(), engine.connect() as tx:
        coupon = find_coupon(tx, code)
        query = (
            select(*(issued_coupons.c[name] for name in ISSUED_COLUMNS))
            .where(issued_coupons.c.coupon_id == coupon.id)
            .order_by(issued_coupons.c.member_id)
        )
        for row in tx.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
            yield tuple(row)


def write_csv(engine: Engine, code: str, file: IO[bytes]) -> None:
    """Every row of this coupon as CSV (RFC 4180, UTF-8), to a file as fast as it takes them.

    To a file and not to whoever asked for it: a slow reader must not hold a connection. A member id
    that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(ISSUED_COLUMNS)
        for id_, member_id, status, issued_at, used_at in issued_rows(engine, code):
            lines.writerow(
                (id_, _harmless(str(member_id)), status, _time(issued_at), _time(used_at))
            )
        text.flush()
    finally:
        text.detach()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _time(at: object) -> str:
    """RFC 3339 in UTC, which is the connection's own time zone."""
    return at.isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else ""
