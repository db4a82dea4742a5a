"""Lookups: find the primary's address, for topologies in which it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import RedisError
from redis.retry import Retry

from domain.stores.error_cause import describe_cause
from topology.redis_topology import Address, RedisTopology
from topology.sentinels import Sentinels, address_label

# A Sentinel that is cut off costs this much; then the next one is asked.
ANSWER_WITHIN_S = 0.5
_ADDRESS, _STATE = "SENTINEL GET-MASTER-ADDR-BY-NAME", "SENTINEL MASTER"


class NoPrimary(Exception):
    """Nobody knows a primary that is up; the message has the causes."""


class Lookup(Protocol):
    """Finds the primary's host and port within a few seconds. Raises NoPrimary."""

    async def locate(self) -> Address: ...

    def locate_blocking(self) -> Address:
        """As `locate`, for synchronous clients."""

    def doubt(self) -> None:
        """The address that was found last was not the primary's."""


class SentinelLookup:
    """Asks the Sentinels, one after the other; one that answered comes first the next time."""

    def __init__(self, sentinels: Sentinels) -> None:
        self._sentinels = sentinels
        self._order = list(sentinels.addresses)

    async def locate(self) -> Address:
        service, causes = self._sentinels.service, []
        for address in list(self._order):
            retry = AsyncRetry(NoBackoff(), 0)
            try:
                async with AsyncRedis(**self._options(address), retry=retry) as sentinel:
                    found = await sentinel.execute_command(_ADDRESS, service)
                    state = await sentinel.execute_command(_STATE, service)
                return self._checked(address, found, state)
            except (RedisError, NoPrimary) as error:
                causes.append(describe_cause(error, address_label(address)))
        raise self._nowhere(causes)

    def locate_blocking(self) -> Address:
        service, causes = self._sentinels.service, []
        for address in list(self._order):
            try:
                with Redis(**self._options(address), retry=Retry(NoBackoff(), 0)) as sentinel:
                    found = sentinel.execute_command(_ADDRESS, service)
                    state = sentinel.execute_command(_STATE, service)
                return self._checked(address, found, state)
            except (RedisError, NoPrimary) as error:
                causes.append(describe_cause(error, address_label(address)))
        raise self._nowhere(causes)

    def doubt(self) -> None:
        """Ask another Sentinel first: this one may be cut off from the others."""
        self._order.append(self._order.pop(0))

    def _options(self, address: Address) -> dict[str, Any]:
        """Of a connection to a Sentinel, with the TLS options of the URL."""
        server_url = self._sentinels.server_url
        given = parse_url(server_url)
        return {
            "host": address[0],
            "port": address[1],
            "ssl": server_url.startswith("rediss://"),
            "socket_timeout": ANSWER_WITHIN_S,
            "socket_connect_timeout": ANSWER_WITHIN_S,
            "decode_responses": True,
            **{name: value for name, value in given.items() if name.startswith("ssl_")},
            **self._sentinels.credentials,
        }

    def _checked(self, sentinel: Address, found: Any, state: Any) -> Address:
        """Raises NoPrimary if this Sentinel sees the primary down.

        A server that hangs accepts connections: without this check each would cost a time-out.
        """
        is_down = state["is_sdown"] or state["is_odown"]
        if found is None or (is_down and tuple(found) == (state["ip"], state["port"])):
            raise NoPrimary("sees the primary down")
        self._order.remove(sentinel)
        self._order.insert(0, sentinel)
        return str(found[0]), int(found[1])

    def _nowhere(self, causes: list[str]) -> NoPrimary:
        return NoPrimary(
            f"no Sentinel has a primary for {self._sentinels.service}: {'; '.join(causes)}"
        )


LOOKUPS: dict[type[RedisTopology], Callable[[Any], Lookup]] = {Sentinels: SentinelLookup}


def find_lookup(topology: RedisTopology) -> Lookup | None:
    """None where the address is fixed."""
    make = LOOKUPS.get(type(topology))
    return make(topology) if make else None
