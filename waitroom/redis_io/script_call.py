"""ScriptCall: calls a script with less overhead than redis-py, for the moves that a crowd makes.

redis-py's work around a command (hooks, metrics, reply callbacks) takes twice as long as sending
and reading, and a batch may be as small as one. hiredis packs the command: in Python that would
take as long as the rest of a batch.

redis-py's pool checks each connection as it lends it, and sets separate timeouts for sending and
reading: as much work as a small batch. Here connections are used unchecked, with one timeout. When
one turns out to be closed, silent, or connected to another server than the primary, all idle ones
are closed with it: they are as likely to be useless.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from domain.stores.error_cause import describe_cause
from topology.primary import primary_of
from topology.wrong_server import WrongServer, is_wrong_server
from waitroom.errors import LineAway

ATTEMPTS_MAX = 2


class ScriptCall:
    """Calls the script with this source, which must be idempotent. Raises RedisError."""

    def __init__(self, connections: ScriptConnections, source: str) -> None:
        self._connections = connections
        self.source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._once("EVALSHA", self._sha, keys, args)
            except NoScriptError:
                # Redis has restarted: EVAL caches the script again.
                return await self._once("EVAL", self.source, keys, args)
            except (RedisConnectionError, RedisTimeoutError):
                if attempt == ATTEMPTS_MAX or self._connections.is_closed:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, command: str, script: str, keys: Sequence[str], args: Sequence[str]
    ) -> Coroutine[Any, Any, Any]:
        words = (command, script, len(keys), *keys, *args)
        packed = pack_command(words)  # type: ignore[arg-type]  # the stub lacks bytes and int mixes
        return self._connections.execute(packed)


class ScriptConnections:
    """As many connections as `pool` may have, made by its settings, but not shared with it.

    read: reads a command's answer from a connection; by default redis-py's method, as ours would
    repeat the check of `_execute` in one more coroutine.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        read: Callable[[Any], Awaitable[Any]] = AbstractConnection.read_response,
    ) -> None:
        self._make = pool.make_connection
        self._read = read
        self._within_s: float | None = pool.connection_kwargs.get("socket_timeout")
        self._primary = primary_of(pool)
        self._places = asyncio.Semaphore(pool.max_connections)
        self._idle: list[Any] = []
        self._all: set[Any] = set()
        self._is_closed = False

    async def execute(self, command: bytes) -> Any:
        """The answer to one packed command. Raises RedisError.

        Closes a connection whose answer nobody awaits any more: the next command would read it.
        """
        try:
            async with asyncio.timeout(self._within_s), self._places:
                return await self._execute(command)
        except TimeoutError as error:
            await self._disconnect(*self._idle)  # a server that hangs would cost each its time-out
            raise RedisTimeoutError(f"Timeout reading from {self._primary.label}") from error

    async def _execute(self, command: bytes) -> Any:
        if self._is_closed:
            raise RedisConnectionError("the line was closed")
        connection = self._idle.pop() if self._idle else self._new()
        try:
            if connection.should_reconnect():  # another connection has found another primary
                await connection.disconnect(nowait=True)
            await connection.send_packed_command(command, check_health=False)
            answer = await self._read(connection)
        except ResponseError as error:
            if is_wrong_server(error):
                self._primary.lost()
                await self._disconnect(connection, *self._idle)
                raise WrongServer(str(error)) from error
            self._idle.append(connection)  # a complete answer, so the connection is reusable
            raise
        except RedisConnectionError:
            await self._disconnect(connection, *self._idle)
            raise
        except BaseException:
            await self._disconnect(connection)
            raise
        if self._is_closed:  # `aclose` ran meanwhile, and can't close this one
            await self._disconnect(connection)
        else:
            self._idle.append(connection)
        return answer

    def _new(self) -> Any:
        connection = self._make()  # type: ignore[no-untyped-call]
        connection.socket_timeout = None  # `execute` has one timeout for the whole call
        self._all.add(connection)
        return connection

    async def _disconnect(self, *connections: Any) -> None:
        self._idle = [one for one in self._idle if one not in connections]
        self._all.difference_update(connections)
        for connection in connections:
            await connection.disconnect(nowait=True)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def aclose(self) -> None:
        """Close all connections. Calls in progress and later calls raise RedisConnectionError."""
        self._is_closed = True
        await self._disconnect(*self._all)


@contextmanager
def translate_redis_errors() -> Iterator[None]:
    """Translate redis-py's errors into LineAway, whose text names the cause."""
    try:
        yield
    except RedisError as error:
        raise LineAway(f"the line's Redis: {describe_cause(error)}") from error
    except RuntimeError as error:
        # uvloop raises this where a connection closes between opening and writing, and redis-py
        # does not catch it.
        if not str(error).endswith("the handler is closed"):
            raise
        raise LineAway("the line's Redis: the connection was cut off") from error
