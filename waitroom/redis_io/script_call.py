"""One script, called over and over, for the moves that a crowd makes.

What a general client does around a command (hooks, metrics, callbacks for replies) takes it twice
as long as sending and reading, and a batch may be as small as one. Writing the command out is
hiredis': in Python it would take as long as all else that is done for a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Sequence
from typing import Any

from hiredis import pack_command
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError

from waitroom.redis_io.connections import ScriptConnections

ATTEMPTS_MAX = 2


class ScriptCall:
    """Calls the script with this source, which must be harmless to call twice.

    Raises RedisError.
    """

    def __init__(self, wires: ScriptConnections, source: str) -> None:
        self._wires = wires
        self._source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._once("EVALSHA", self._sha, keys, args)
            except NoScriptError:
                # A Redis that started anew: with its source, the script is kept again.
                return await self._once("EVAL", self._source, keys, args)
            except (RedisConnectionError, RedisTimeoutError):
                if attempt == ATTEMPTS_MAX or self._wires.is_closed:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, command: str, script: str, keys: Sequence[str], args: Sequence[str]
    ) -> Coroutine[Any, Any, Any]:
        words = (command, script, len(keys), *keys, *args)
        return self._wires.execute(pack_command(words))  # type: ignore[arg-type]  # its stub takes one
