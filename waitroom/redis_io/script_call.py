"""ScriptCall: calls a script with less overhead than redis-py, for the moves that a crowd makes.

redis-py's work around a command (hooks, metrics, reply callbacks) takes twice as long as sending
and reading, and a batch may be as small as one. hiredis packs the command: in Python that would
take as long as the rest of a batch.

redis-py's pool checks each connection as it lends it, sets separate timeouts for sending and
reading, and reads by streams: more work than a small batch. Here connections are used unchecked,
with one timeout, and `Replies` reads from them. When one turns out to be closed, silent, or
connected to another server than the primary, all idle ones are closed with it: they are as likely
to be useless.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hiredis import PushNotification, Reader, pack_command
from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from domain.stores.error_cause import describe_cause
from topology.primary import primary_of
from topology.wrong_server import WrongServer, is_wrong_server
from waitroom.errors import LineAway

ATTEMPTS_MAX = 2
_INCOMPLETE = object()


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
    """As many connections as `pool` may have, made by its settings, but not shared with it."""

    # Of one command.
    replies_count = 1

    def __init__(self, pool: ConnectionPool) -> None:
        self._make = pool.make_connection
        self._within_s: float | None = pool.connection_kwargs.get("socket_timeout")
        self._primary = primary_of(pool)
        self._places = asyncio.Semaphore(pool.max_connections)
        self._idle: list[Any] = []
        self._all: dict[Any, Replies | None] = {}
        self._is_closed = False

    async def execute(self, command: bytes) -> Any:
        """The answer to one packed command. Raises RedisError.

        Closes a connection whose answer nobody awaits any more: the next command would read it.
        """
        idle = self._idle
        if idle and not self._places.locked() and not idle[-1].should_reconnect():
            # Nothing to wait for but the answer, for which `Replies` has a timeout.
            async with self._places:
                return await self._execute(command)
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
            replies = self._all.get(connection)
            # Another connection may have found another primary.
            if replies is None or connection.should_reconnect():
                replies = await self._connect(connection)
            answer = self.parse(await replies.ask(command, self.replies_count))
        except ResponseError as error:
            if is_wrong_server(error):
                self._primary.lost()
                await self._disconnect(connection, *self._idle)
                raise WrongServer(str(error)) from error
            self._idle.append(connection)  # a complete answer, so the connection is reusable
            raise
        except (RedisConnectionError, RedisTimeoutError):
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

    def parse(self, replies: Sequence[Any]) -> Any:
        """The answer in the replies to a command. Raises the error that it is."""
        answer = replies[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _connect(self, connection: Any) -> Replies:
        if connection.should_reconnect():
            await connection.disconnect(nowait=True)
        await connection.connect_check_health(check_health=False)
        replies = self._all[connection] = Replies(connection, self._within_s, self._primary.label)
        return replies

    def _new(self) -> Any:
        connection = self._make()  # type: ignore[no-untyped-call]
        connection.socket_timeout = None  # `execute` has one timeout for the whole call
        self._all[connection] = None
        return connection

    async def _disconnect(self, *connections: Any) -> None:
        self._idle = [one for one in self._idle if one not in connections]
        for connection in connections:
            self._all.pop(connection, None)
            await connection.disconnect(nowait=True)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def aclose(self) -> None:
        """Close all connections. Calls in progress and later calls raise RedisConnectionError."""
        self._is_closed = True
        await self._disconnect(*self._all)


class Replies(asyncio.Protocol):
    """Sends one command at a time, which has one or more replies.

    connection: of redis-py, connected. within_s: the time limit for all replies of a command; None
    for none. label: names the server in messages. Close the connection after an error: later
    replies would count for the next command.
    """

    def __init__(self, connection: Any, within_s: float | None, label: str) -> None:
        self._label = label
        self._loop = asyncio.get_running_loop()
        self._within_s = within_s
        self._reader = Reader(
            protocolError=InvalidResponse,
            replyError=connection._parser.parse_error,  # an exception of redis-py's classes
            notEnoughData=_INCOMPLETE,
        )
        self._replies: list[Any] = []
        self._count = 1
        self._complete: asyncio.Future[list[Any]] | None = None
        self._lost: Exception | None = None
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport = connection._writer.transport
        self._transport.set_protocol(self)

    def ask(self, command: bytes, count: int = 1) -> asyncio.Future[list[Any]]:
        """The next `count` replies, errors among them. Raises RedisError."""
        complete = self._complete = self._loop.create_future()
        self._count = count
        if self._lost is not None:
            self._fail(self._lost)
            return complete
        self._transport.write(command)
        if self._within_s is not None:
            self._due_s = self._loop.time() + self._within_s
            if self._timer is None:
                self._timer = self._loop.call_at(self._due_s, self._check_time)
        return complete

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                if not isinstance(reply, PushNotification):
                    self._replies.append(reply)
        except RedisConnectionError as error:  # this is no Redis
            self._fail(error)
            return
        complete = self._complete
        if complete is not None and len(self._replies) >= self._count:
            replies, self._replies, self._complete = self._replies, [], None
            if not complete.done():  # its caller may have been cancelled
                complete.set_result(replies)

    def connection_lost(self, _: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fail(RedisConnectionError("Connection closed by server."))

    def _check_time(self) -> None:
        """One timer serves many commands: one for each would take as long as sending it."""
        self._timer = None
        if self._complete is None:
            return
        if self._loop.time() < self._due_s:
            self._timer = self._loop.call_at(self._due_s, self._check_time)
            return
        self._fail(RedisTimeoutError(f"Timeout reading from {self._label}"))

    def _fail(self, error: Exception) -> None:
        self._lost = error
        complete, self._complete = self._complete, None
        if complete is not None and not complete.done():
            complete.set_exception(error)


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
