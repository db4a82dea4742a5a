"""One script, called over and over, for the moves that a crowd makes.

What a general client does around a command (hooks, metrics, callbacks for replies) takes it twice
as long as sending and reading, and a batch may be as small as one. Writing the command out is
hiredis': in Python it would take as long as all else that is done for a batch.

A pool asks a connection how it is whenever it lends it, and tells of that; and a connection has a
time for sending and another one for reading: together as much work as a small batch. Here a
connection is used as it is, within one time for all of it. One that was cut off meanwhile fails,
and with it all that are idle: they were as likely to be.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from domain.stores.error_cause import describe_cause
from waitroom.errors import LineAway

ATTEMPTS_MAX = 2


class ScriptCall:
    """Calls the script with this source, which must be harmless to call twice.

    Raises RedisError.
    """

    def __init__(self, wires: ScriptConnections, source: str) -> None:
        self._wires = wires
        self.source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._once("EVALSHA", self._sha, keys, args)
            except NoScriptError:
                # A Redis that started anew: with its source, the script is kept again.
                return await self._once("EVAL", self.source, keys, args)
            except (RedisConnectionError, RedisTimeoutError):
                if attempt == ATTEMPTS_MAX or self._wires.is_closed:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, command: str, script: str, keys: Sequence[str], args: Sequence[str]
    ) -> Coroutine[Any, Any, Any]:
        words = (command, script, len(keys), *keys, *args)
        return self._wires.execute(pack_command(words))  # type: ignore[arg-type]  # its stub takes one


class ScriptConnections:
    """As many as `pool` may have, made as it makes them and beside its own."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._make = pool.make_connection
        self._within_s: float | None = pool.connection_kwargs.get("socket_timeout")
        self._place = _place_of(pool.connection_kwargs)
        self._places = asyncio.Semaphore(pool.max_connections)
        self._idle: list[Any] = []
        self._all: set[Any] = set()
        self._is_closed = False

    async def execute(self, command: bytes) -> Any:
        """The answer to one packed command. Raises RedisError.

        A wire whose answer is given up is cut off, so that nobody else gets it.
        """
        try:
            async with asyncio.timeout(self._within_s), self._places:
                return await self._execute(command)
        except TimeoutError as error:
            raise RedisTimeoutError(f"Timeout reading from {self._place}") from error

    async def _execute(self, command: bytes) -> Any:
        if self._is_closed:
            raise RedisConnectionError("the line was closed")
        wire = self._idle.pop() if self._idle else self._new()
        try:
            await wire.send_packed_command(command, check_health=False)
            answer = await wire.read_response()
        except ResponseError:
            self._idle.append(wire)  # an answer too: nothing is left to come
            raise
        except RedisConnectionError:
            await self._cut(wire, *self._idle)
            raise
        except BaseException:
            await self._cut(wire)
            raise
        if self._is_closed:  # nobody else would close it any more
            await self._cut(wire)
        else:
            self._idle.append(wire)
        return answer

    def _new(self) -> Any:
        wire = self._make()  # type: ignore[no-untyped-call]
        wire.socket_timeout = None  # one time for all of it is enough
        self._all.add(wire)
        return wire

    async def _cut(self, *wires: Any) -> None:
        self._idle = [wire for wire in self._idle if wire not in wires]
        self._all.difference_update(wires)
        for wire in wires:
            await wire.disconnect(nowait=True)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def aclose(self) -> None:
        """Cut them all off: whoever waits for an answer is told, and nobody gets another one."""
        self._is_closed = True
        await self._cut(*self._all)


def _place_of(connection: dict[str, Any]) -> str:
    host, port = connection.get("host"), connection.get("port", 6379)
    return f"{host}:{port}" if host else str(connection.get("path", "Redis"))


@contextmanager
def translate_redis_errors() -> Iterator[None]:
    """Raises LineAway, whose text names the cause, in place of what redis-py raises."""
    try:
        yield
    except RedisError as error:
        raise LineAway(f"the line's Redis: {describe_cause(error)}") from error
    except RuntimeError as error:
        # What uvloop raises, and redis-py lets through, where a connection is cut off between being
        # opened and being written to.
        if not str(error).endswith("the handler is closed"):
            raise
        raise LineAway("the line's Redis: the connection was cut off") from error
