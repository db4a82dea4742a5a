"""Engine: a bounded pool of Postgres connections with a time limit on every wait."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError

from issuance.errors import ADDRESS, is_wrong_server
from issuance.postgres.connection_deadline import BoundedConnection
from issuance.postgres.database_url import list_addresses, parse_database_url
from issuance.postgres.deadline import close_after

__all__ = ["Engine", "open_engine"]

CONNECT_TIMEOUT_S = 5
# For each of several hosts: a host that is gone must not delay the connection to the next for long.
CONNECT_TIMEOUT_EACH_S = 2
STATEMENT_TIMEOUT_S = 15
LOCK_TIMEOUT_S = 10
# Give up a connection whose peer has acknowledged nothing for this long. By default Linux waits a
# quarter of an hour, or for ever for a reply (libpq, "Parameter Key Words"; tcp(7)).
GONE_AFTER_S = 6
# A connection that was idle for longer is pinged before use.
PING_AFTER_S = 1.0
PING_WITHIN_S = 5.0
# Settings that we rely on, whatever the defaults of the server, the database or the role. They are
# set for each transaction: a pooler such as pgbouncer gives each transaction another connection,
# and rejects them at connect. The isolation level is part of each BEGIN.
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
# Postgres ends the statement of a killed process soon, instead of when it gets the lock that it
# waits for; until then its connection counts beside that of the replacement. (PostgreSQL,
# "client_connection_check_interval": since 14, on systems that support it.)
CHECK_OWNER = "set_config('client_connection_check_interval', '1s', true)"
# The key of a pooled connection's `info` that holds the statement with all of these settings.
SETTINGS = "settings"


def open_engine(
    database_url: str, *, connections_max: int, name: str, pool_wait_s: float = 2.0
) -> Engine:
    """An engine that never holds more than `connections_max` connections.

    pg_stat_activity shows them as `waitroom NAME`. If none is free for `pool_wait_s`, a caller gets
    SQLAlchemy's TimeoutError (translated into OfficeAway). database_url: see `parse_database_url`.
    Raises ValueError for a malformed URL.
    """
    url = parse_database_url(database_url)
    several = len(list_addresses(url)) > 1
    engine = create_engine(
        url,
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        hide_parameters=True,  # errors are logged, and parameters hold member ids
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_EACH_S if several else CONNECT_TIMEOUT_S,
            "keepalives_idle": 2,
            "keepalives_interval": 2,
            "keepalives_count": GONE_AFTER_S // 2 - 1,
            "tcp_user_timeout": GONE_AFTER_S * 1_000,
            "application_name": f"waitroom {name}",
            # No prepared statements: a pooler in transaction mode switches connections.
            "prepare_threshold": None,
        },
        isolation_level="READ COMMITTED",  # sent with each BEGIN
    )
    _set_with_each_transaction(engine)
    _ping_idle_connections(engine)
    _leave_wrong_servers(engine)
    _add_address_to_errors(engine)
    return engine


def _set_with_each_transaction(engine: Engine) -> None:
    """Send SETTINGS with the BEGIN, at no round trip of their own."""

    @event.listens_for(engine, "connect")
    def probe_check_owner(driver: psycopg.Connection[Any], record: Any) -> None:
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
            if driver.closed or is_wrong_server(error):  # the pool must not reuse it
                connection.invalidate(error)
            raise


def _leave_wrong_servers(engine: Engine) -> None:
    """Drop all pooled connections once Postgres answers that it is shutting down or a standby.

    The next ones reach the new primary: by the list of hosts, or by the proxy or name of one host.
    """

    @event.listens_for(engine, "handle_error")
    def note(context: ExceptionContext) -> None:
        if is_wrong_server(context.original_exception):
            context.is_disconnect = True


def _add_address_to_errors(engine: Engine) -> None:
    """The driver's message for a connect timeout does not name the address."""
    address = ", ".join(list_addresses(engine.url))

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, words: Any, named: Any) -> Any:
        try:
            return BoundedConnection.connect(*words, **named)
        except dialect.loaded_dbapi.Error as error:
            setattr(error, ADDRESS, address)
            raise


def _ping_idle_connections(engine: Engine) -> None:
    """As `pool_pre_ping`, but only after PING_AFTER_S: each ping costs a round trip.

    Also drops a connection whose server has stopped taking writes: another may be the primary now.
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
                takes_writes = _takes_writes(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
        if not takes_writes:
            raise DisconnectionError("the server takes no writes")


def _takes_writes(connection: psycopg.Connection[Any]) -> bool:
    connection.autocommit = True  # one round trip, without a BEGIN
    try:
        return connection.execute("SHOW transaction_read_only").fetchone() != ("on",)
    finally:
        if not connection.closed:
            connection.autocommit = False
