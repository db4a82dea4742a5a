"""Servers: the Redis and the Postgres of the tests, embedded or from the environment."""

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
    """A context manager; inside it, `redis_url` and `database_url` (may create databases) work.

    It uses REDIS_URL and DATABASE_URL of the environment if given; otherwise servers are
    embedded, in a folder that is deleted at the end.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.redis_url = environ.get("REDIS_URL", "")
        self.database_url = _plain(environ.get("DATABASE_URL", ""))
        self._pooler = environ.get("POOLER_PORT", "")
        self._admin: psycopg.Connection | None = None
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
            self._stack.callback(self._hang_up)
            # Keep the callbacks until __exit__.
            self._stack = self._stack.pop_all()
        return self

    def copy_database(self, template: str, name: str) -> str:
        """Create a copy of an unused `template`. Returns its URL. Raises psycopg.Error."""
        self._run(_copying(template, name))
        return _url_of(self.database_url, name)

    def drop_database(self, name: str) -> None:
        """As the function of that name."""
        self._run(_dropping(name))

    def _run(self, command: sql.Composed) -> None:
        """Run it on a connection that stays: each test has a database of its own."""
        if self._admin is not None:
            try:
                self._admin.execute(command)
                return
            except psycopg.OperationalError:  # a test may have cut it
                self._hang_up()
        self._admin = psycopg.connect(_plain(self.database_url), autocommit=True)
        self._admin.execute(command)

    def _hang_up(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def pooled(self, database_url: str) -> str:
        """The URL through the pooler at POOLER_PORT, if set; else the URL unchanged."""
        if not self._pooler:
            return database_url
        parts = urlsplit(database_url)
        who, at, host = parts.netloc.rpartition("@")
        place = f"{host.partition(':')[0]}:{self._pooler}"
        return urlunsplit(parts._replace(netloc=f"{who}{at}{place}"))

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def open_folder(stack: ExitStack) -> Path:
    """A temporary folder that Postgres' user can enter too; deleted when `stack` closes.

    pytest's `tmp_path` is closed to other users, so it fails as root.
    """
    folder = Path(tempfile.mkdtemp(prefix="waitroom-test-", dir=_memory()))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return folder


def _memory() -> Path | None:
    """Linux' folder in memory, if it has room: copying a database takes a tenth of the time."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < MEMORY_MIN_BYTES:
        return None
    # Containers often mount it noexec, but Postgres' programs may have to be copied there.
    return None if os.statvfs(folder).f_flag & os.ST_NOEXEC else folder


def fresh_database(admin_url: str, name: str, *, template: str | None = None) -> str:
    """Create an empty database, or a copy of an unused `template`. Returns its URL.

    Drops one of the same name first. Raises psycopg.Error.
    """
    empty = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    _run(admin_url, _dropping(name), empty if template is None else _copying(template, name))
    return _url_of(admin_url, name)


def drop_database(admin_url: str, name: str) -> None:
    """Drop the database if it exists, and end its connections."""
    _run(admin_url, _dropping(name))


def scratch_databases(admin_url: str) -> set[str]:
    """The existing databases of `issuance.postgres.temporary_database`."""
    with psycopg.connect(_plain(admin_url)) as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'waitroom_scratch_%'"
        return {name for (name,) in connection.execute(query)}


def _url_of(admin_url: str, name: str) -> str:
    return urlunsplit(urlsplit(_plain(admin_url))._replace(path="/" + quote(name)))


def _copying(template: str, name: str) -> sql.Composed:
    # Copying files takes half as long as writing each page to the log.
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    return command.format(sql.Identifier(name), sql.Identifier(template))


def _dropping(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def _cheapen_password(url: str) -> None:
    """Hash the password in one round, since the tests make thousands of connections."""
    parts = urlsplit(url)
    words = sql.Identifier(parts.username or ""), sql.Literal(unquote(parts.password or ""))
    command = sql.SQL("ALTER ROLE {} PASSWORD {}").format(*words)
    _run(url, sql.SQL("SET scram_iterations = 1"), command)


def _run(admin_url: str, *commands: sql.Composable) -> None:
    with psycopg.connect(_plain(admin_url), autocommit=True) as connection:
        for command in commands:
            connection.execute(command)


def _plain(url: str) -> str:
    """Without SQLAlchemy's driver name, which libpq rejects."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
