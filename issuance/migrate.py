"""Migrate: brings the database's schema up to date, however many processes ask at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from issuance.errors import away_is_said

_LOCK = 7_420_061_000  # an advisory lock's number; any will do, as long as it stays the same


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to this revision, the newest by default; does nothing where it is there already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with away_is_said(), engine.begin() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '60s'"))
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
