"""Call: one script on a pooled connection, for the two moves that a crowd makes.

What a general client does around a command (hooks, metrics, callbacks for replies) takes it twice
as long as sending and reading, and a batch may be as small as one. Writing the command out in Python
would take as long as all else that is done for a batch: hiredis does it in a tenth of that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError

ATTEMPTS_MAX = 2


class Call:
    """Calls the script with this source, which must be harmless to call twice.

    Raises RedisError.
    """

    def __init__(self, pool: ConnectionPool, source: str) -> None:
        self._pool = pool
        self._source = source
        self._is_closed = False
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def close(self) -> None:
        """Try no call anew: a connection that is opened now would never be closed."""
        self._is_closed = True

    async def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._once("EVALSHA", self._sha, keys, args)
            except NoScriptError:
                # A Redis that started anew: with its source, the script is kept again.
                return await self._once("EVAL", self._source, keys, args)
            except (RedisConnectionError, RedisTimeoutError):
                if attempt == ATTEMPTS_MAX or self._is_closed:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, command: str, script: str, keys: Sequence[str], args: Any) -> Any:
        if self._is_closed:
            raise RedisConnectionError("the line was closed")
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            # redis-py closes a connection whose answer is still to come when it is given up.
            await connection.send_packed_command(
                pack_command((command, script, len(keys), *keys, *args))
            )
            return await connection.read_response()
        finally:
            await self._pool.release(connection)
