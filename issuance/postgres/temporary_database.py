"""Temporary database: creates a database on a given server, and drops it afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text

from issuance.errors import OfficeError, OfficeRefused, translate_postgres_errors
from issuance.postgres.database_url import parse_database_url
from issuance.postgres.engine import open_engine


class NoTemporaryDatabase(OfficeError):
    """This Postgres user may not create databases. Grant it CREATEDB, or use another user."""


@contextmanager
def create_temporary_database(database_url: str) -> Iterator[str]:
    """The URL of a new, empty database on the same server.

    Raises NoTemporaryDatabase, OfficeAway.
    """
    name = f"waitroom_scratch_{secrets.token_hex(4)}"
    try:
        # Inside the try: a command that is stopped while Postgres creates it must drop it too.
        _run(database_url, f'CREATE DATABASE "{name}"')
        url = parse_database_url(database_url).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        _run(database_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run(database_url: str, command: str) -> None:
    """Outside any transaction, as CREATE and DROP DATABASE require."""
    engine = open_engine(database_url, connections_max=1, name="scratch")
    try:
        with translate_postgres_errors(), engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(command))
    except OfficeRefused as error:
        if isinstance(getattr(error.__cause__, "orig", None), InsufficientPrivilege):
            raise NoTemporaryDatabase from error
        raise
    finally:
        engine.dispose()
