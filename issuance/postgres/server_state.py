"""Server state: whether Postgres accepts and completes writes, and on which timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import structlog
from psycopg.errors import (
    FeatureNotSupported,
    InsufficientPrivilege,
    ObjectNotInPrerequisiteState,
    UndefinedFunction,
)
from sqlalchemy import Connection, Engine, text

from issuance.errors import OfficeAway, OfficeRefused, translate_postgres_errors
from issuance.postgres.deadline import close_after

log = structlog.get_logger(__name__)

READ_ONLY = "Postgres takes no writes: it is a standby, or default_transaction_read_only is on"
COMMIT_HANGS = (
    "Postgres does not complete commits: a synchronous standby does not answer, or its disk hangs"
)
COMMIT_WITHIN_S = 0.5
# A commit that waits for a standby is an active COMMIT, and so is one that waits for the disk. This
# opens no connection that would hang too, and is not fooled by a long statement of another kind.
_STATE = text(
    "SELECT current_setting('transaction_read_only') = 'on', EXISTS ("  # noqa: S608 - of constants
    "SELECT FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE 'waitroom %' AND state = 'active' AND query = 'COMMIT'"
    f" AND query_start < clock_timestamp() - interval '{COMMIT_WITHIN_S} s')"
)
# A promoted standby has the new timeline at once in its WAL and in the recovery part of its control
# file, but in the checkpoint's part only after the first checkpoint. Hosted services may permit
# only one of these. No row from a standby: a pooler may ask one although it pinged the primary.
_WAL_TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
TIMELINES = (
    (
        f"SELECT system_identifier || '/' || {_WAL_TIMELINE}"  # noqa: S608 - of constants
        " FROM pg_control_system() WHERE NOT pg_is_in_recovery()"
    ),
    (
        "SELECT system_identifier || '/' || greatest(timeline_id, min_recovery_end_timeline)"
        " FROM pg_control_system(), pg_control_checkpoint(), pg_control_recovery()"
        " WHERE NOT pg_is_in_recovery()"
    ),
    f"SELECT '/' || {_WAL_TIMELINE} WHERE NOT pg_is_in_recovery()",
)
_NOT_PERMITTED = (
    FeatureNotSupported,
    InsufficientPrivilege,
    ObjectNotInPrerequisiteState,
    UndefinedFunction,
)


def ping_postgres(engine: Engine, *, within_s: float | None = None) -> None:
    """Raises OfficeRefused if Postgres takes no writes; OfficeAway if it doesn't answer, or if a
    commit of any of our processes has waited for longer than COMMIT_WITHIN_S.

    A connection to a server that takes no writes is closed: the next one may reach the primary.
    within_s: the time limit for the answer.
    """
    with _connect(engine, within_s) as tx:
        is_read_only, commit_hangs = tx.execute(_STATE).one()
        if is_read_only:
            tx.invalidate()
    if is_read_only:
        raise OfficeRefused(READ_ONLY)
    if commit_hangs:
        raise OfficeAway(COMMIT_HANGS)


class TimelineReader:
    """Reads which history of Postgres' data this server continues.

    A promoted standby has another timeline, so it may lack what was committed last on the old one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queries = list(TIMELINES)

    def ping_and_read(self, *, within_s: float) -> str:
        """The system identifier and the timeline, as `7391.../2`; "" if Postgres permits no query.

        Without the identifier, as `/2`, if it permits only that. Raises as `ping_postgres`.
        """
        ping_postgres(self._engine, within_s=within_s)
        while self._queries:
            try:
                return self._read(self._queries[0], within_s)
            except OfficeRefused as error:
                if not isinstance(getattr(error.__cause__, "orig", None), _NOT_PERMITTED):
                    raise
                del self._queries[0]
                if not self._queries:
                    log.warning("Postgres does not tell its timeline", cause=str(error))
        return ""

    def _read(self, query: str, within_s: float) -> str:
        with _connect(self._engine, within_s) as tx:
            found = tx.execute(text(query)).scalar_one_or_none()
        if found is None:
            raise OfficeRefused(READ_ONLY)
        return str(found)


@contextmanager
def _connect(engine: Engine, within_s: float | None) -> Iterator[Connection]:
    with translate_postgres_errors(), engine.connect() as tx:
        driver = cast("psycopg.Connection[Any]", tx.connection.driver_connection)
        with close_after(driver, within_s):
            yield tx
