"""BoundedConnection: a connection to Postgres on which every wait for an answer ends.

The server's `statement_timeout` ends a statement only while the server runs and is reachable. TCP
keepalives notice a dead peer, but the peer may be a proxy that stays while the server behind it is
gone. Without a limit of our own such a call never ends: settings are not applied any more, a lost
line is not restored, and admission does not open again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any, Self, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy import Connection

# Above the server's statement_timeout, which ends a statement without losing the connection.
ANSWER_WITHIN_S = 25.0
_LOOK_EVERY_S = 0.1

R = TypeVar("R")


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself and raises OperationalError after ANSWER_WITHIN_S without an answer."""

    has_limit = True

    @classmethod
    def connect(cls, conninfo: str = "", **named: Any) -> Self:
        """As psycopg's, but a connection that timed out is closed.

        Postgres may have accepted it meanwhile. Psycopg leaves it to the garbage collector: the
        frames of the error refer to it, and to the error. Until then it counts beside the next one.
        """
        try:
            return super().connect(conninfo, **named)
        except psycopg.Error as error:
            clear_frames(error.__traceback__)
            raise

    def wait(
        self, gen: PQGen[R], interval: float = _LOOK_EVERY_S, timeout: float | None = None
    ) -> R:
        if timeout is not None or not self.has_limit:
            return super().wait(gen, interval, timeout)
        within_s = ANSWER_WITHIN_S
        try:
            return super().wait(gen, interval, within_s)
        except _WaitTimeout as error:
            # A late answer would be taken for that of the next statement.
            self.pgconn.finish()
            raise psycopg.OperationalError(
                f"Postgres did not answer within {within_s:g} s"
            ) from error


@contextmanager
def wait_without_limit(tx: Connection) -> Iterator[None]:
    """In the block, let statements of this connection take any time, as migrations may."""
    driver = cast(BoundedConnection, tx.connection.driver_connection)
    driver.has_limit = False
    try:
        yield
    finally:
        driver.has_limit = True
