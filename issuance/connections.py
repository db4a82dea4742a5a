"""Connections: how many this product holds, as Postgres itself counts them."""

from __future__ import annotations

from sqlalchemy import Engine, text

from issuance.errors import away_is_said

_COUNT = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'waitroom %'"
)


def open_connections(engine: Engine) -> int:
    """Open connections of all this product's processes to this database."""
    with away_is_said(), engine.connect() as tx:
        return int(tx.execute(_COUNT).scalar_one())


def check(engine: Engine) -> None:
    """Raises OfficeAway where Postgres does not answer."""
    with away_is_said(), engine.connect() as tx:
        tx.execute(text("SELECT 1"))
