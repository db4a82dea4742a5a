"""Single: one member's transaction, in two turns with Postgres.

Under a lock every turn is time in which all others wait, and a thread that waits for an answer
must win the interpreter back each time. So what a way reads goes out together and comes back
together, and so does what it writes, with the commit (libpq's pipeline mode). The statements are
made ready once: to build one costs several times what carrying it out does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import ColumnElement, Engine, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.base import Executable

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from issuance.errors import NoSuchCoupon
from issuance.rows import coupon_of, issued_of
from issuance.tables import coupons, issued_coupons

Ready = str
_DIALECT = dialect()  # type: ignore[no-untyped-call]


def ready(statement: Executable) -> Ready:
    """The statement as the driver takes it, with named parameters."""
    return str(statement.compile(dialect=_DIALECT))  # type: ignore[attr-defined]


_COUPON = select(coupons).where(coupons.c.code == bindparam("code"))
FIND = ready(_COUPON)
FIND_LOCKED = ready(_COUPON.with_for_update())
HELD = ready(
    select(issued_coupons)
    .join(coupons, coupons.c.id == issued_coupons.c.coupon_id)
    .where(coupons.c.code == bindparam("code"))
    .where(issued_coupons.c.member_id == bindparam("member_id"))
)
SHORTLY = "SET LOCAL synchronous_commit = off"
ANNOUNCE = ready(
    update(coupons)
    .where(coupons.c.code == bindparam("of_code"))
    .values(fence=func.greatest(coupons.c.fence, bindparam("token", type_=coupons.c.fence.type)))
    .returning(coupons.c.fence)
)


def write_where(condition: ColumnElement[bool] | None = None, **more: Any) -> Ready:
    """Writes the stock and the new issued coupon, both or, where `condition` is not so, neither."""
    values = {"used_count": bindparam("new_used_count"), **more}
    stock = update(coupons).where(coupons.c.id == bindparam("of_id")).values(**values)
    if condition is not None:
        stock = stock.where(condition)
    names = ("id", "coupon_id", "member_id", "status", "issued_at", "expire_date")
    given = [bindparam(name, type_=issued_coupons.c[name].type) for name in names]
    taken = stock.returning(coupons.c.id).cte("taken")
    return ready(insert(issued_coupons).from_select(names, select(*given).select_from(taken)))


class Single:
    """An open transaction of one member."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def read(self, find: Ready, code: str, member_id: str) -> tuple[Coupon, Any, bool]:
        """The coupon, which recalls what the member holds; its row; whether they hold one.

        The second reading begins when the first, and with it any wait for a lock, is over: so it
        sees what whoever had the lock before has written. Raises NoSuchCoupon.
        """
        given = {"code": code, "member_id": member_id}
        coupon_rows, held_rows = self.ask((find, given), (HELD, given))
        if not coupon_rows:
            raise NoSuchCoupon
        coupon = coupon_of(coupon_rows[0])
        coupon.recall(issued_of(row) for row in held_rows)
        return coupon, coupon_rows[0], bool(held_rows)

    def ask(self, *asked: tuple[Ready, dict[str, Any]]) -> list[Sequence[Any]]:
        """The rows of each, in one turn."""
        with self._connection.pipeline():
            cursors = [self._connection.cursor(row_factory=namedtuple_row) for _ in asked]
            for cursor, (statement, given) in zip(cursors, asked, strict=True):
                cursor.execute(statement, given)
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def write(self, write: Ready, coupon: Coupon, issued: IssuedCoupon, **more: Any) -> bool:
        """Write and commit, in one turn; False where the condition kept us out."""
        given = {
            "new_used_count": coupon.inventory.used_count,
            "of_id": coupon.id,
            "id": issued.id,
            "coupon_id": issued.coupon_id,
            "member_id": issued.member_id,
            "status": issued.status.value,
            "issued_at": issued.issued_at,
            "expire_date": issued.expire_date,
            **more,
        }
        with self._connection.pipeline():
            cursor = self._connection.execute(write, given)
            self._connection.commit()
        return cursor.rowcount == 1

    def commit(self) -> None:
        self._connection.commit()


@contextmanager
def single(engine: Engine) -> Iterator[Single]:
    """A connection of the pool, whose transaction is rolled back where it wasn't committed."""
    pooled = engine.raw_connection()
    try:
        yield Single(cast("psycopg.Connection[Any]", pooled.driver_connection))
    except psycopg.OperationalError:
        # Perhaps broken; the pool is not to give it to the next one.
        pooled.invalidate()
        raise
    finally:
        pooled.close()
