"""The Redis and the Postgres that the tests run against: embedded, or those of the environment."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from processes.embedded import EmbeddedPostgres, EmbeddedValkey

MEMORY_MIN_BYTES = 2 << 30


class Servers:
    """A context manager; inside it `redis_url` and `database_url` (may create databases) answer.

    REDIS_URL and DATABASE_URL of the environment are taken where given; what is not given is
    embedded, in a folder that is removed at the end.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.redis_url = environ.get("REDIS_URL", "")
        self.database_url = _plain(environ.get("DATABASE_URL", ""))
        self._pooler = environ.get("POOLER_PORT", "")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            folder = open_folder(self._stack)
            if not self.database_url:
                postgres = EmbeddedPostgres(folder / "postgres", durable=False)
                self._stack.callback(postgres.erase)
                postgres.start()
                self.database_url = postgres.url
                _cheapen_password(postgres.url)
            if not self.redis_url:
                valkey = EmbeddedValkey(folder / "valkey", durable=False)
                self._stack.callback(valkey.erase)
                valkey.start()
                self.redis_url = valkey.url
            # All went well: what was stacked up is kept until the end, not undone here.
            self._stack = self._stack.pop_all()
        return self

    def pooled(self, database_url: str) -> str:
        """By the pooler that POOLER_PORT names, before the same server; else the URL as it is."""
        if not self._pooler:
            return database_url
        parts = urlsplit(database_url)
        who, at, host = parts.netloc.rpartition("@")
        place = f"{host.partition(':')[0]}:{self._pooler}"
        return urlunsplit(parts._replace(netloc=f"{who}{at}{place}"))

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def open_folder(stack: ExitStack) -> Path:
    """A temporary folder, removed when `stack` closes, that Postgres's own user can enter too.

    pytest's `tmp_path` is closed to others, so as root it would not do.
    """
    folder = Path(tempfile.mkdtemp(prefix="waitroom-test-", dir=_memory()))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return folder


def _memory() -> Path | None:
    """Linux's folder in memory, where there is room: a copy of a database takes a tenth there."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < MEMORY_MIN_BYTES:
        return None
    # In containers often no program may be run from it; Postgres's may have to be copied there.
    return None if os.statvfs(folder).f_flag & os.ST_NOEXEC else folder


def fresh_database(admin_url: str, name: str, *, template: str | None = None) -> str:
    """Make an empty database (or a copy of `template`, which nobody may be using): its URL.

    One of the same name is dropped first. Raises psycopg.Error.
    """
    command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        # As files, which takes half of what writing each page to the log takes.
        how = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY")
        command += how.format(sql.Identifier(template))
    _run(admin_url, _dropping(name), command)
    return urlunsplit(urlsplit(_plain(admin_url))._replace(path="/" + quote(name)))


def drop_database(admin_url: str, name: str) -> None:
    """Drop the database if it exists, ending connections that are still open to it."""
    _run(admin_url, _dropping(name))


def scratch_databases(admin_url: str) -> set[str]:
    """Those of `issuance.postgres.temporary_database` that are there now."""
    with psycopg.connect(_plain(admin_url)) as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'waitroom_scratch_%'"
        return {name for (name,) in connection.execute(query)}


def _dropping(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def _cheapen_password(url: str) -> None:
    """Keep the password by one round of hashing: thousands of connections are made in the tests."""
    parts = urlsplit(url)
    words = sql.Identifier(parts.username or ""), sql.Literal(unquote(parts.password or ""))
    command = sql.SQL("ALTER ROLE {} PASSWORD {}").format(*words)
    _run(url, sql.SQL("SET scram_iterations = 1"), command)


def _run(admin_url: str, *commands: sql.Composable) -> None:
    with psycopg.connect(_plain(admin_url), autocommit=True) as connection:
        for command in commands:
            connection.execute(command)


def _plain(url: str) -> str:
    """libpq knows nothing of SQLAlchemy's way to name a driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
