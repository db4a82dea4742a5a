"""Connection stats: counts this product's connections in pg_stat_activity."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text

from issuance.errors import translate_postgres_errors

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
