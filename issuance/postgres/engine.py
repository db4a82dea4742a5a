"""A bounded pool of connections, every wait of which ends."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError

from issuance.errors import ADDRESS
from issuance.postgres.deadline import close_after

__all__ = ["Engine", "open_engine"]

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 15
LOCK_TIMEOUT_S = 10
# A connection on which nobody has acknowledged anything for so long is gone. The system would wait
# a quarter of an hour, or for ever for an answer. (libpq, "Parameter Key Words"; Linux, tcp(7).)
GONE_AFTER_S = 6
# A connection that was idle for longer is asked whether it still works before it is used.
PING_AFTER_S = 1.0
PING_WITHIN_S = 5.0
# What is relied on, whatever a database, a role or a server has as its default. For the transaction
# alone: a pooler such as pgbouncer gives the connection to somebody else after it, and takes none
# of this at the start of one. The isolation level comes with each BEGIN.
_SET = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
    "lock_timeout": f"{LOCK_TIMEOUT_S}s",
    "idle_in_transaction_session_timeout": f"{STATEMENT_TIMEOUT_S}s",
}
_SET_ALWAYS = "SELECT " + ", ".join(
    f"set_config('{name}', '{to}', true)" for name, to in _SET.items()
)
# A statement whose owner was killed ends soon, rather than when it has the lock it waits for: until
# then its connection counts beside that of the process started instead. (PostgreSQL,
# "client_connection_check_interval": since 14, where the server's system can tell.)
CHECK_OWNER = "set_config('client_connection_check_interval', '1s', true)"
# Under this name a pooled connection's `info` has the statement that sets all of it.
SETTINGS = "settings"


def open_engine(
    database_url: str, *, connections_max: int, name: str, pool_wait_s: float = 2.0
) -> Engine:
    """An engine that never holds more than `connections_max` connections.

    They show in pg_stat_activity as `waitroom NAME`. Waiting for a free one raises (as
    OfficeAway) after `pool_wait_s`. Raises sqlalchemy.exc.ArgumentError for a malformed URL.
    """
    engine = create_engine(
        make_url(_with_driver(database_url)),
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        hide_parameters=True,  # errors end up in logs, and parameters name people
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "keepalives_idle": 2,
            "keepalives_interval": 2,
            "keepalives_count": GONE_AFTER_S // 2 - 1,
            "tcp_user_timeout": GONE_AFTER_S * 1_000,
            "application_name": f"waitroom {name}",
            # A pooler in transaction mode gives each transaction another connection.
            "prepare_threshold": None,
        },
        isolation_level="READ COMMITTED",  # said with each BEGIN
    )
    _set_with_each_transaction(engine)
    _ping_the_idle(engine)
    _name_the_address(engine)
    return engine


def _set_with_each_transaction(engine: Engine) -> None:
    """SETTINGS, together with the BEGIN: so they cost no turn of their own."""

    @event.listens_for(engine, "connect")
    def ask_what_it_can(driver: psycopg.Connection[Any], record: Any) -> None:
        record.info[SETTINGS] = _SET_ALWAYS
        with suppress(psycopg.errors.UndefinedObject, psycopg.errors.InvalidParameterValue):
            driver.execute(f"SELECT {CHECK_OWNER}")
            record.info[SETTINGS] = f"{_SET_ALWAYS}, {CHECK_OWNER}"
        driver.rollback()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        try:
            with driver.pipeline():
                driver.execute(connection.connection.info[SETTINGS])
        except psycopg.Error as error:
            if driver.closed:  # the pool is not to give it to the next one
                connection.invalidate(error)
            raise


def _name_the_address(engine: Engine) -> None:
    """So that errors can name it: a connection that times out does not say whereto."""
    address = f"{engine.url.host or 'localhost'}:{engine.url.port or 5432}"

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, words: Any, named: Any) -> Any:
        try:
            return dialect.connect(*words, **named)
        except dialect.loaded_dbapi.Error as error:
            setattr(error, ADDRESS, address)
            raise


def _ping_the_idle(engine: Engine) -> None:
    """`pool_pre_ping`, but not at each use: under a crowd that is one more turn for everybody.

    Raising DisconnectionError makes the pool try a new connection (SQLAlchemy, "Disconnect
    Handling").
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _pooled: Any) -> None:
        used_at = record.info.get("used_at")
        if used_at is None or time.monotonic() - used_at < PING_AFTER_S:
            return
        try:
            with close_after(connection, PING_WITHIN_S):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _with_driver(url: str) -> str:
    """Accept the `postgres://` and `postgresql://` that people are given by their hosts."""
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg"
    return scheme + separator + rest
