"""Servers: starts the stores of a run, and connects to them through links."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

import psycopg
from redis import Redis
from sqlalchemy import Engine

from issuance.errors import OfficeAway
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from processes.embedded import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedServerError,
    EmbeddedValkey,
)
from tests.house import eventually

START_ATTEMPTS = 3


def start_server(server: EmbeddedServer) -> None:
    """Start a server, and retry: another process may take its port first."""
    for _ in range(START_ATTEMPTS - 1):
        with suppress(EmbeddedServerError):
            server.start()
            return
    server.start()


def start_postgres(server: EmbeddedPostgres) -> None:
    """Start it with our schema, and with the time of each commit."""
    start_server(server)
    with psycopg.connect(server.url, autocommit=True, connect_timeout=60) as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    server.stop()
    start_server(server)
    engine = open_engine(server.url, connections_max=1, name="faults")
    eventually(lambda: _is_migrated(engine))
    engine.dispose()


def _is_migrated(engine: Engine) -> bool:
    """False where it did not answer in time, as on a busy machine."""
    try:
        migrate(engine)
    except OfficeAway:
        return False
    return True


def delete_all(server: EmbeddedValkey) -> None:
    with Redis.from_url(server.url, socket_timeout=5) as redis:
        redis.flushall()


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
