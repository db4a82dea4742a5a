"""Issued coupons: reads and exports the rows of one coupon, and corrects its used_count."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, NamedTuple

from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import IntegrityError

from domain.issued_coupon import IssuedCoupon
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.export.csv_text import as_text, as_time
from issuance.mappers import find_coupon, issued_coupon_from_row
from issuance.tables import coupons, issued_coupons

HOLDERS_AT_ONCE = 1_000
MEMBERS_AT_ONCE = 10_000
FILLED_AT_ONCE = 5_000
_OF = issued_coupons.c

ISSUED_COLUMNS = ("id", "short_code", "member_id", "status", "issued_at", "used_at")
ROWS_AT_ONCE = 1_000


def list_holders(engine: Engine, code: str) -> list[str]:
    """The member id of every row of this coupon. Raises NoSuchCoupon, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(_OF.member_id).where(_OF.coupon_id == coupon.id)
        return list(tx.execute(query).scalars())


def list_holders_after(engine: Engine, code: str, member_id: str) -> list[str]:
    """The next HOLDERS_AT_ONCE holders after member_id ("": from the start), sorted.

    Raises NoSuchCoupon, OfficeAway.
    """
    return [one.member_id for one in list_held_after(engine, code, member_id)]


def list_held_after(engine: Engine, code: str, member_id: str) -> list[IssuedCoupon]:
    """The next HOLDERS_AT_ONCE rows after member_id ("": from the start), sorted by member id.

    Raises NoSuchCoupon, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(issued_coupons).where(_OF.coupon_id == coupon.id, _OF.member_id > member_id)
        rows = tx.execute(query.order_by(_OF.member_id).limit(HOLDERS_AT_ONCE))
        return [issued_coupon_from_row(row) for row in rows]


def find_held_by(engine: Engine, code: str, members: Sequence[str]) -> dict[str, IssuedCoupon]:
    """These members' rows of this coupon, by member id. Raises NoSuchCoupon, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(issued_coupons).where(_OF.coupon_id == coupon.id)
        rows = tx.execute(query.where(_OF.member_id.in_(members)))
        return {row.member_id: issued_coupon_from_row(row) for row in rows}


def find_without_row(engine: Engine, code: str, members: Collection[str]) -> set[str]:
    """Those of these members who have no row of this coupon. Raises NoSuchCoupon, OfficeAway.

    Reads the members of all rows in one pass, which takes a tenth of the time of looking up each:
    for scans of a whole line.
    """
    missing = set(members)
    with translate_postgres_errors(), engine.begin() as tx:
        coupon = find_coupon(tx, code)
        query = select(_OF.member_id).where(_OF.coupon_id == coupon.id)
        rows = tx.execution_options(yield_per=MEMBERS_AT_ONCE).execute(query)
        for some in rows.scalars().partitions():
            missing.difference_update(some)
    return missing


def count_issued(engine: Engine, code: str) -> tuple[int, int]:
    """used_count and the number of rows, read together. Raises NoSuchCoupon, OfficeAway."""
    rows = select(func.count()).where(_OF.coupon_id == coupons.c.id).scalar_subquery()
    with translate_postgres_errors(), engine.begin() as tx:
        find_coupon(tx, code)
        # One statement has one snapshot.
        query = select(coupons.c.used_count, rows).where(coupons.c.code == code)
        used, count = tx.execute(query).one()
        return int(used), int(count)


class IssuedTimes(NamedTuple):
    """How many rows a coupon has, and the times of the first and the last; None without any."""

    total: int
    first: datetime | None
    last: datetime | None


def issued_times(engine: Engine, code: str) -> IssuedTimes:
    """Count the issued coupons, reported or not. Raises OfficeAway."""
    query = (
        select(func.count(), func.min(_OF.issued_at), func.max(_OF.issued_at))
        .join(coupons, coupons.c.id == _OF.coupon_id)
        .where(coupons.c.code == code)
    )
    with translate_postgres_errors(), engine.begin() as tx:
        return IssuedTimes(*tx.execute(query).one())


def correct_used_count(engine: Engine, code: str, *, who: str, now: datetime) -> int:
    """Set used_count to the number of rows, under the coupon's lock. Returns the count.

    Raises NoSuchCoupon, OfficeAway; ValueError if there are more rows than total_count.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        row = tx.execute(select(coupons).where(coupons.c.code == code).with_for_update()).one()
        count = tx.execute(select(func.count()).where(_OF.coupon_id == row.id)).scalar_one()
        if count > row.total_count:
            raise ValueError(f"{count} rows exceed the total count of {row.total_count}")
        if count != row.used_count:
            later = {"version": coupons.c.version + 1, "fence": coupons.c.fence + 1}
            corrected = update(coupons).where(coupons.c.id == row.id)
            tx.execute(corrected.values(used_count=count, **later))
            before, after = {"used_count": row.used_count}, {"used_count": count}
            record(tx, who, "used count corrected", code, before, after, now)
        return int(count)


def issued_rows(engine: Engine, code: str) -> Iterator[tuple[Any, ...]]:
    """Every row of this coupon from one snapshot: its ISSUED_COLUMNS, sorted by member id.

    Uses a server-side cursor: at most ROWS_AT_ONCE rows are in memory, and a connection is held
    until the last row is read. Raises NoSuchCoupon, OfficeAway.
    """
    with translate_postgres_errors(), engine.connect() as tx:
        coupon = find_coupon(tx, code)
        query = (
            select(*(issued_coupons.c[name] for name in ISSUED_COLUMNS))
            .where(issued_coupons.c.coupon_id == coupon.id)
            .order_by(issued_coupons.c.member_id)
        )
        for row in tx.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
            yield tuple(row)


def fill_short_codes(engine: Engine) -> int:
    """Give a short code to every row without one, in parts; returns how many got one.

    These rows were there before there were short codes. Raises OfficeAway.
    """
    some = select(_OF.id).where(_OF.short_code.is_(None)).limit(FILLED_AT_ONCE)
    filling = (
        update(issued_coupons)
        .where(_OF.id.in_(some.with_for_update(skip_locked=True).scalar_subquery()))
        .values(short_code=text("DEFAULT"))
    )
    filled = 0
    while True:
        try:
            with translate_postgres_errors(), engine.begin() as tx:
                count = tx.execute(filling).rowcount
        except IntegrityError:
            continue  # one of these codes is taken: draw others
        filled += count
        if not count:
            return filled


def write_csv(engine: Engine, code: str, file: IO[bytes]) -> None:
    """Write every row of this coupon to a file as CSV (RFC 4180, UTF-8).

    Write to a local file, not to a client: a slow client must not hold a database connection. A
    member id that a spreadsheet would convert gets a leading apostrophe; no id begins with one.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(ISSUED_COLUMNS)
        for id_, short_code, member_id, status, issued_at, used_at in issued_rows(engine, code):
            texts = as_text(short_code or ""), as_text(str(member_id))
            lines.writerow((id_, *texts, status, as_time(issued_at), as_time(used_at)))
        text.flush()
    finally:
        text.detach()
