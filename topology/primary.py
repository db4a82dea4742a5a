"""Primary: one client's knowledge of where its primary is, and the connections it has to it."""

from __future__ import annotations

import asyncio
import time
from threading import Lock
from typing import Any, Protocol
from weakref import WeakSet

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from topology.lookups import NoPrimary, find_lookup
from topology.redis_topology import Address, RedisTopology

# While the primary is down, each connection that fails would look it up again.
FRESH_S = 0.1


class Reconnecting(Protocol):
    """A connection that can be told to connect again before its next command."""

    def mark_for_reconnect(self) -> None: ...


class Primary:
    """Looks the address up at most once in FRESH_S, for all connections of a client together.

    label: names the store in messages, without a password.
    """

    def __init__(self, topology: RedisTopology) -> None:
        self.label = topology.label
        self._lookup = find_lookup(topology)
        self._connections: WeakSet[Reconnecting] = WeakSet()
        self._async_lock, self._lock = asyncio.Lock(), Lock()
        self._found: Address | None = None
        self._cause = ""
        self._looked_at_s = float("-inf")

    def add(self, connection: Reconnecting) -> None:
        """Count this connection among those to the primary."""
        with self._lock:
            self._connections.add(connection)

    def lost(self) -> None:
        """Have all connections connect again: one of them had an answer of another server."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.mark_for_reconnect()
        if self._lookup is not None:
            self._lookup.doubt()

    async def locate(self) -> Address | None:
        """Where to connect; None where the address is fixed. Raises redis-py's ConnectionError."""
        if self._lookup is None:
            return None
        async with self._async_lock:
            if self._is_due():
                try:
                    self._keep(await self._lookup.locate())
                except NoPrimary as error:
                    self._keep(None, str(error))
            return self._last()

    def locate_blocking(self) -> Address | None:
        """As `locate`, for synchronous clients."""
        if self._lookup is None:
            return None
        with self._lock:
            if self._is_due():
                try:
                    self._keep(self._lookup.locate_blocking())
                except NoPrimary as error:
                    self._keep(None, str(error))
            return self._last()

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at_s > FRESH_S

    def _keep(self, found: Address | None, cause: str = "") -> None:
        self._found, self._cause, self._looked_at_s = found, cause, time.monotonic()

    def _last(self) -> Address:
        if self._found is None:
            raise RedisConnectionError(self._cause)
        return self._found


def primary_of(pool: Any) -> Primary:
    """The primary that the connections of a pool share; this package opened the pool."""
    primary: Primary = pool.connection_kwargs["primary"]
    return primary


def redis_label(redis: Redis) -> str:
    """The store of a client, as messages name it."""
    return primary_of(redis.connection_pool).label
