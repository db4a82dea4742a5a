"""Migrate: brings the database's schema up to date, however many processes ask at once."""

from __future__ import annotations

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, text

from issuance.errors import OfficeAway, SchemaBusy, away_is_said

_LOCK = 7_420_061_000  # an advisory lock's number; any will do, as long as it stays the same
# Whoever wants to change a table waits for those who use it, and all who come later wait behind
# them. So it is given up soon, they have their turn, and it is tried again. (Postgres,
# "Explicit Locking": a waiting ACCESS EXCLUSIVE lock is in the way of every later one.)
LOCK_WAIT_S = 2.0
TRIES = 15
REST_S = 1.0


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to this revision, the newest by default; does nothing where it is there already.

    In one transaction. Raises OfficeAway, and SchemaBusy where tables are never free for it.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            _migrate_once(engine, revision)
            return
        except OfficeAway as error:
            if not isinstance(getattr(error.__cause__, "orig", None), LockNotAvailable):
                raise
            if not tries_left:
                raise SchemaBusy from error
            time.sleep(REST_S)


def _migrate_once(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with away_is_said(), engine.begin() as tx:
        # It may take long to fill a column; and another migration, which all wait for, as well.
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text("SET LOCAL lock_timeout = '60s'"))
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        tx.execute(text(f"SET LOCAL lock_timeout = '{round(LOCK_WAIT_S * 1_000)}ms'"))
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
