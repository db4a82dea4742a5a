"""Connection stats: counts this product's connections in pg_stat_activity, and pings Postgres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, text

from issuance.errors import OfficeRefused, translate_postgres_errors
from issuance.postgres.deadline import close_after

READ_ONLY = "Postgres takes no writes: it is a standby, or default_transaction_read_only is on"

_COUNT = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'waitroom %'"
)

_HELD = text(
    "SELECT count(*),"
    " count(*) FILTER (WHERE state <> 'idle'),"
    " count(*) FILTER (WHERE wait_event_type = 'Lock')"
    " FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'waitroom %'"
    " AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """Connections except the counting one: open, busy (not idle), blocked (waiting for a lock)."""

    open: int
    busy: int
    blocked: int


def count_connections(engine: Engine) -> ConnectionCounts:
    """Count the connections of this product's processes to this database. Raises OfficeAway."""
    with translate_postgres_errors(), engine.connect() as tx:
        return ConnectionCounts(*tx.execute(_HELD).one())


def postgres_version(engine: Engine) -> str:
    """As `Postgres 18.1`. Raises OfficeAway."""
    with translate_postgres_errors(), engine.connect() as tx:
        version = str(tx.execute(text("SHOW server_version")).scalar_one())
    return f"Postgres {version.split()[0]}"


def count_open_connections(engine: Engine) -> int:
    """Open connections to this database, including this one. Raises OfficeAway."""
    with translate_postgres_errors(), engine.connect() as tx:
        return int(tx.execute(_COUNT).scalar_one())


def _psycopg_connection(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def ping_postgres(engine: Engine, *, within_s: float | None = None) -> None:
    """Raises OfficeAway if Postgres does not answer, OfficeRefused if it takes no writes.

    within_s: the time limit for the answer.
    """
    with (
        translate_postgres_errors(),
        engine.connect() as tx,
        close_after(_psycopg_connection(tx), within_s),
    ):
        answer = tx.execute(text("SELECT current_setting('transaction_read_only')")).scalar_one()
    if answer == "on":
        raise OfficeRefused(READ_ONLY)
