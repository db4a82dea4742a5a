"""IssueTransaction: issues in two round trips to Postgres, whatever the lock and the batch's size.

While one transaction holds the coupon's lock, all others wait through each of its round trips, and
a thread must win the interpreter lock back after each. So all reads share one round trip, and all
writes share one with the commit (libpq's pipeline mode). Statements are compiled once: compiling
costs a small batch as much as everything else.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import namedtuple_row
from sqlalchemy import ColumnElement, Engine, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import Text, Uuid

from domain.coupon import Admission, Coupon
from domain.issued_coupon import SHORT_CODES, IssuedCoupon, make_short_code
from domain.refusals import Refusal
from issuance.errors import NoSuchCoupon, OfficeAway, is_wrong_server
from issuance.mappers import READ_AT, coupon_from_row, issued_coupon_from_row, refusal_from_row
from issuance.postgres.deadline import close_after
from issuance.postgres.engine import SETTINGS
from issuance.tables import ONE_SHORT_CODE, coupons, issued_coupons, refusals

CompiledStatement = str
T = TypeVar("T")
# Of a trillion codes a batch hits a taken one in a few thousand batches, at ten million rows.
ATTEMPTS_MAX = 20
_DIALECT = dialect()  # type: ignore[no-untyped-call]


def compile_statement(statement: Executable) -> CompiledStatement:
    """The statement as text for the driver, with named parameters."""
    return str(statement.compile(dialect=_DIALECT))  # type: ignore[attr-defined]


_COUPON = select(coupons, READ_AT).where(coupons.c.code == bindparam("code"))
FIND = compile_statement(_COUPON)
FIND_LOCKED = compile_statement(_COUPON.with_for_update())
HELD = compile_statement(
    select(issued_coupons)
    .join(coupons, coupons.c.id == issued_coupons.c.coupon_id)
    .where(coupons.c.code == bindparam("code"))
    .where(issued_coupons.c.member_id == func.any(bindparam("member_ids", type_=ARRAY(Text))))
)
REFUSED = compile_statement(
    select(refusals.c.member_id, refusals.c.admitted_at, refusals.c.slug)
    .join(coupons, coupons.c.id == refusals.c.coupon_id)
    .where(coupons.c.code == bindparam("code"))
    .where(refusals.c.member_id == func.any(bindparam("member_ids", type_=ARRAY(Text))))
)


def _write_refusals() -> CompiledStatement:
    """The statement that inserts refusals and skips those that exist."""
    names = ("member_id", "admitted_at", "slug")
    columns = (bindparam(name, type_=ARRAY(refusals.c[name].type)) for name in names)
    new = func.unnest(*columns).table_valued(*names, name="new").render_derived()
    rows = select(bindparam("of_id", type_=Uuid), *(new.c[name] for name in names))
    kept = insert(refusals).from_select(["coupon_id", *names], rows)
    return compile_statement(kept.on_conflict_do_nothing())


WRITE_REFUSALS = _write_refusals()


def compile_issue_statement(
    condition: ColumnElement[bool] | None = None, **more: Any
) -> CompiledStatement:
    """The statement that updates used_count and inserts the issued coupons.

    It writes nothing if `condition` is false. The rows come from arrays: for a join to a table,
    Postgres plans a sequential scan while the table is new, and slows down as it grows.
    """
    values = {"used_count": bindparam("new_used_count"), **more}
    stock = update(coupons).where(coupons.c.id == bindparam("of_id")).values(**values)
    if condition is not None:
        stock = stock.where(condition)
    taken = stock.returning(coupons.c.id).cte("taken")
    of_each = func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("member_ids", type_=ARRAY(Text)),
        bindparam("short_codes", type_=ARRAY(Text)),
    )
    new = of_each.table_valued("id", "member_id", "short_code", name="new").render_derived()
    shared = ("status", "issued_at", "expire_date")
    given = [bindparam(name, type_=issued_coupons.c[name].type) for name in shared]
    own = (new.c.id, taken.c.id, new.c.member_id, new.c.short_code)
    rows = select(*own, *given).select_from(taken, new)
    names = ["id", "coupon_id", "member_id", "short_code", *shared]
    return compile_statement(insert(issued_coupons).from_select(names, rows))


WRITE_LOCKED = compile_issue_statement()


class ShortCodeTaken(Exception):
    """Another issued coupon has one of the new short codes; nothing was written."""


def random_number() -> int:
    return secrets.randbelow(SHORT_CODES)


def until_codes_are_free(attempt: Callable[[], T]) -> T:
    """The result of `attempt`, a whole transaction, repeated while it raises ShortCodeTaken."""
    for _ in range(ATTEMPTS_MAX):
        try:
            return attempt()
        except ShortCodeTaken:
            continue
    raise OfficeAway


class IssueTransaction:
    """An open transaction about one coupon."""

    def __init__(self, connection: psycopg.Connection[Any], settings: str) -> None:
        self._connection = connection
        self._settings = settings
        self._has_begun = False

    def load_coupon(
        self,
        find: CompiledStatement,
        code: str,
        member_ids: Sequence[str],
        *,
        with_refusals: bool = False,
    ) -> tuple[Coupon, Any, frozenset[str]]:
        """The coupon with these members' holdings loaded; its row with `read_at`; the holders.

        with_refusals: also load their refused admissions into the coupon. Raises NoSuchCoupon.
        """
        # The statement for holdings starts after `find` has its lock, so it sees the rows that the
        # previous owner of the lock committed.
        given = {"code": code, "member_ids": list(member_ids)}
        queries = [(HELD, given), (REFUSED, given)] if with_refusals else [(HELD, given)]
        coupon_rows, held_rows, *refused_rows = self.fetch_all((find, {"code": code}), *queries)
        if not coupon_rows:
            raise NoSuchCoupon
        coupon = coupon_from_row(coupon_rows[0])
        held = [issued_coupon_from_row(row) for row in held_rows]
        refused = {
            (row.member_id, row.admitted_at): refusal_from_row(row)
            for rows in refused_rows
            for row in rows
        }
        coupon.recall(held, refused)
        return coupon, coupon_rows[0], frozenset(one.member_id for one in held)

    def fetch_all(self, *queries: tuple[CompiledStatement, dict[str, Any]]) -> list[Sequence[Any]]:
        """The rows of each query, in one round trip."""
        with self._connection.pipeline():
            self._begin()
            # Binary results don't depend on DateStyle, which SETTINGS sets in the same round trip.
            new_cursor = partial(self._connection.cursor, binary=True, row_factory=namedtuple_row)
            cursors = [new_cursor() for _ in queries]
            for cursor, (statement, given) in zip(cursors, queries, strict=True):
                cursor.execute(statement, given)
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def write_issued(
        self, write: CompiledStatement, coupon: Coupon, new: Sequence[IssuedCoupon], **more: Any
    ) -> bool:
        """Write all of `new` and commit, in one round trip; False if the condition was false.

        All of `new` share one issued_at, and get their short codes here. Raises ShortCodeTaken;
        RuntimeError if a transaction without the coupon's lock has inserted one of them.
        """
        first = new[0]
        for one in new:
            one.short_code = make_short_code(random_number())
        given = {
            "new_used_count": coupon.inventory.used_count,
            "of_id": coupon.id,
            "ids": [one.id for one in new],
            "member_ids": [one.member_id for one in new],
            "short_codes": [one.short_code for one in new],
            "status": first.status.value,
            "issued_at": first.issued_at,
            "expire_date": first.expire_date,
            **more,
        }
        try:
            with self._connection.pipeline():
                self._begin()
                cursor = self._connection.execute(write, given)
                self._connection.commit()
        except UniqueViolation as error:
            if error.diag.constraint_name == ONE_SHORT_CODE:
                raise ShortCodeTaken from error
            raise RuntimeError(
                "one of these rows was inserted without the coupon's lock; rolled back"
            ) from error
        return cursor.rowcount == len(new)

    def write_refusals(self, coupon: Coupon, refused: Mapping[Admission, Refusal]) -> None:
        """Insert the refusals of these admissions; the caller commits."""
        given = {
            "of_id": coupon.id,
            "member_id": [member_id for member_id, _ in refused],
            "admitted_at": [admitted_at for _, admitted_at in refused],
            "slug": [refusal.slug for refusal in refused.values()],
        }
        self.fetch_all((WRITE_REFUSALS, given))

    def _begin(self) -> None:
        """Send the settings once a transaction, in the round trip of its first statements."""
        if not self._has_begun:
            self._connection.execute(self._settings)
            self._has_begun = True

    def commit(self) -> None:
        self._connection.commit()


@contextmanager
def open_issue_transaction(
    engine: Engine, *, within_s: float | None = None
) -> Iterator[IssueTransaction]:
    """A transaction on a pooled connection, rolled back unless committed.

    within_s: close the connection if the transaction takes longer.
    """
    pooled = engine.raw_connection()
    try:
        connection = cast("psycopg.Connection[Any]", pooled.driver_connection)
        with close_after(connection, within_s):
            yield IssueTransaction(connection, pooled.info[SETTINGS])
    except psycopg.Error as error:
        # The connection may be broken or lead to a standby: the pool must not reuse it.
        if isinstance(error, psycopg.OperationalError) or is_wrong_server(error):
            pooled.invalidate()
        raise
    finally:
        pooled.close()
