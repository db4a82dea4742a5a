"""Migrate: upgrades the database's schema; safe for several processes at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from psycopg.errors import (
    DuplicateObject,
    DuplicateTable,
    InsufficientPrivilege,
    InvalidSchemaName,
    LockNotAvailable,
)
from sqlalchemy import Connection, Engine, text

from issuance.errors import (
    OfficeAway,
    OfficeError,
    OfficeRefused,
    SchemaBusy,
    translate_postgres_errors,
)
from issuance.issued_coupons import fill_short_codes
from issuance.postgres.connection_deadline import wait_without_limit
from issuance.tables import VERSION_TABLE

_LOCK = 7_420_061_000  # an advisory lock's key: any number that never changes
# A waiting ACCESS EXCLUSIVE lock blocks every later query of the table (Postgres, "Explicit
# Locking"). So give up soon, let the others run, and try again.
LOCK_WAIT_S = 2.0
TRIES = 15
REST_S = 1.0
# Alembic's default name, which another application in the same database may use too.
_SHARED_TABLE = "alembic_version"
_OF_THE_FIRST_REVISION = ("coupons", "issued_coupons", "rooms", "audit")


class SchemaRefused(OfficeError):
    """The schema can't be upgraded; nothing was changed."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """The schema's revision before and after `migrate`; None before the first."""

    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"The schema was created, at revision {self.after}."
        if self.before == self.after:
            return f"The schema was up to date, at revision {self.after}: nothing was changed."
        return f"The schema was upgraded from revision {self.before} to {self.after}."


def migrate(engine: Engine, revision: str = "head") -> SchemaChange:
    """Upgrade to this revision (the newest by default) in one transaction, if need be, then fill
    new columns.

    Raises OfficeAway; SchemaRefused, whose text says what to do; SchemaBusy if it can't lock the
    tables after TRIES attempts.
    """
    change = _migrate_patiently(engine, revision)
    if revision == "head":
        # In parts, after the change: one statement would lock a long table all the time.
        fill_short_codes(engine)
    return change


def _migrate_patiently(engine: Engine, revision: str) -> SchemaChange:
    tries_left = TRIES
    while True:
        try:
            return _migrate_once(engine, revision)
        except OfficeAway as error:
            if not isinstance(_known_origin(error), LockNotAvailable):
                raise
            tries_left -= 1
            if not tries_left:
                raise SchemaBusy from error
            time.sleep(REST_S)


def _migrate_once(engine: Engine, revision: str) -> SchemaChange:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with (
        _translate_refusal(engine),
        translate_postgres_errors(),
        engine.begin() as tx,
        wait_without_limit(tx),
    ):
        # Filling a column may take long, and so may another process' migration that we wait for.
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        tx.execute(text("SET LOCAL lock_timeout = '60s'"))
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        tx.execute(text(f"SET LOCAL lock_timeout = '{round(LOCK_WAIT_S * 1_000)}ms'"))
        _carry_over(tx, config)
        config.attributes["connection"] = tx
        before = _revision(tx)
        command.upgrade(config, revision)
        return SchemaChange(before, _revision(tx))


def _revision(tx: Connection) -> str | None:
    """The schema's revision; None if it was never migrated."""
    if not _is_there(tx, VERSION_TABLE):
        return None
    found = tx.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return found.scalar_one_or_none()


def _carry_over(tx: Connection, config: Config) -> None:
    """Copy the revision of an older installation from Alembic's shared table into our own.

    The shared table stays: processes of the older release still find their revision there. A
    shared table without our tables beside it belongs to another application.
    """
    if _is_there(tx, VERSION_TABLE) or not _is_there(tx, _SHARED_TABLE):
        return
    if not all(_is_there(tx, name) for name in _OF_THE_FIRST_REVISION):
        return
    ours = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    found = set(tx.execute(text(f"SELECT version_num FROM {_SHARED_TABLE}")).scalars())  # noqa: S608
    if len(found & ours) != 1:
        return
    tx.execute(
        text(
            f"CREATE TABLE {VERSION_TABLE} (version_num varchar(32) NOT NULL,"
            f" CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
        )
    )
    into = text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)")  # noqa: S608
    tx.execute(into, {"revision": (found & ours).pop()})


def _is_there(tx: Connection, table: str) -> bool:
    return tx.execute(text("SELECT to_regclass(:name)"), {"name": table}).scalar_one() is not None


@contextmanager
def _translate_refusal(engine: Engine) -> Iterator[None]:
    """Raise SchemaRefused for errors that a person can fix."""
    try:
        yield
    except OfficeRefused as error:
        what_to_do = _describe_remedy(_known_origin(error), engine.url.username or "ROLE")
        if not what_to_do:
            raise
        raise SchemaRefused(f"{error}. {what_to_do}") from error
    except CommandError as error:
        raise SchemaRefused(
            f"This version does not know the schema of this database ({error}): a newer version "
            "has migrated it. Run the newer version, or restore a backup from before."
        ) from error


def _describe_remedy(error: object, role: str) -> str:
    if isinstance(error, InsufficientPrivilege):
        return (
            "Nothing was changed. The role that migrates must own waitroom's tables and be "
            "allowed to create new ones: "
            f'run this as their owner, or GRANT CREATE ON SCHEMA public TO "{role}".'
        )
    if isinstance(error, (DuplicateTable, DuplicateObject)):
        return (
            "Nothing was changed. Another application has a table of this name: create a separate "
            "database for this product, and set DATABASE_URL to it."
        )
    if isinstance(error, InvalidSchemaName):
        return (
            "Nothing was changed. No schema of the search_path exists: CREATE SCHEMA public, or "
            f'ALTER ROLE "{role}" SET search_path to an existing one.'
        )
    return ""


def _known_origin(error: BaseException) -> object:
    """The driver's exception behind an OfficeError."""
    return getattr(error.__cause__, "orig", None) or error.__cause__
