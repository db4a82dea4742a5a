"""AcknowledgedEnter: enters members, and waits until replicas of Redis have their places."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog
from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.exceptions import ResponseError

from domain.stores.error_cause import describe_cause
from topology.wrong_server import is_wrong_server
from waitroom.redis_io.script_call import ScriptCall, ScriptConnections
from waitroom.redis_io.scripts import script

log = structlog.get_logger(__name__)

ACKNOWLEDGED_WITHIN_MS = 50
WARN_EVERY_S = 60.0


class PlaceCounter(Protocol):
    def add(self, places: int) -> None: ...

    def total(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Replication:
    """replicas: how many must acknowledge a place, 1 or more.

    unacknowledged: counts the places that fewer replicas acknowledged in time.
    """

    replicas: int
    unacknowledged: PlaceCounter


class Acknowledged(NamedTuple):
    """A command's answer, and how many replicas acknowledged its writes.

    refusal: why Redis refused to wait for replicas, such as an ACL; else "".
    """

    answer: Any
    replicas: int
    refusal: str = ""


class AcknowledgedConnections(ScriptConnections):
    """Sends WAIT in the same write as each command; `execute` returns Acknowledged.

    WAIT ends when `replicas` replicas have acknowledged the last write of this connection, or after
    ACKNOWLEDGED_WITHIN_MS. So it says nothing about a command that wrote nothing.
    """

    replies_count = 2

    def __init__(self, pool: ConnectionPool, replicas: int) -> None:
        super().__init__(pool)
        words = ("WAIT", replicas, ACKNOWLEDGED_WITHIN_MS)
        self._wait = pack_command(words)  # type: ignore[arg-type]  # the stub lacks mixes

    def execute(self, command: bytes) -> Coroutine[Any, Any, Any]:
        return super().execute(command + self._wait)

    def parse(self, replies: Sequence[Any]) -> Acknowledged:
        """Raises the command's error; and WAIT's where this server is no longer the primary,
        because the new one may lack what the command wrote.
        """
        answer, waited = super().parse(replies), replies[1]
        if not isinstance(waited, ResponseError):
            return Acknowledged(answer, int(waited))
        if is_wrong_server(waited):
            raise waited
        return Acknowledged(answer, 0, describe_cause(waited))


class AcknowledgedEnter:
    """Calls enter.lua; its places are valid with or without acknowledgements. Raises RedisError."""

    def __init__(self, pool: ConnectionPool, replication: Replication) -> None:
        # Connections of its own: while a replica hangs, WAIT keeps each for its whole time, and
        # other calls of the line must not queue behind that.
        self._connections = AcknowledgedConnections(pool, replication.replicas)
        self._call = ScriptCall(self._connections, script("enter"))
        self._replication = replication
        self._warn_from_s = float("-inf")

    async def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any:
        done: Acknowledged = await self._call(keys, args)
        if done.replicas < self._replication.replicas:
            self._count(done)
        return done.answer

    async def aclose(self) -> None:
        """Close the connections. Calls in progress and later calls raise RedisConnectionError."""
        await self._connections.aclose()

    def _count(self, done: Acknowledged) -> None:
        places = sum(standing[0] == b"waiting" for standing in done.answer[1:])
        if not places:
            return
        self._replication.unacknowledged.add(places)
        if time.monotonic() < self._warn_from_s:
            return
        self._warn_from_s = time.monotonic() + WARN_EVERY_S
        log.warning(
            "too few replicas acknowledge places: a failover may lose them",
            required=self._replication.replicas,
            acknowledged=done.replicas,
            **{"cause": done.refusal} if done.refusal else {},
        )
