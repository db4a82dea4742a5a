"""Server state: whether Postgres accepts and completes writes, and on which timeline."""

from __future__ import annotations

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
# The first is right from the promotion on; a control file has the old timeline until the first
# checkpoint after it. Some hosted services permit one of both only.
_TIMELINES = (
    (
        "SELECT system_identifier || '/'"
        " || ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
        " FROM pg_control_system()"
    ),
    (
        "SELECT system_identifier || '/' || timeline_id"
        " FROM pg_control_system(), pg_control_checkpoint()"
    ),
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

    within_s: the time limit for the answer.
    """
    with (
        translate_postgres_errors(),
        engine.connect() as tx,
        close_after(_psycopg_connection(tx), within_s),
    ):
        is_read_only, commit_hangs = tx.execute(_STATE).one()
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
        self._queries = list(_TIMELINES)

    def ping_and_read(self, *, within_s: float) -> str:
        """The system identifier and the timeline, as `7391.../2`; "" if Postgres permits neither.

        Raises as `ping_postgres`.
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
        with (
            translate_postgres_errors(),
            self._engine.connect() as tx,
            close_after(_psycopg_connection(tx), within_s),
        ):
            return str(tx.execute(text(query)).scalar_one())


def _psycopg_connection(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
