"""Opens asynchronous Redis clients whose connections follow the primary."""

from __future__ import annotations

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import ResponseError

from topology.closed_connections import reset_when_closed
from topology.primary import Primary
from topology.redis_url import parse_redis_url
from topology.wrong_server import WrongServer, is_wrong_server


class _Following(AbstractConnection):
    """Connects to the primary, and gives up a server that is no longer the primary.

    Closing it resets the connection.
    """

    def __init__(self, *, primary: Primary, **options: Any) -> None:
        super().__init__(**options)
        self._primary = primary
        primary.add(self)

    async def connect(self) -> None:
        """The pool calls this before each use."""
        if self.should_reconnect():
            await self.disconnect(nowait=True)
        await super().connect()

    async def _connect(self) -> None:
        address = await self._primary.locate()
        if address is not None:
            self.host, self.port = address
        await super()._connect()  # type: ignore[safe-super]  # the next class has it
        assert self._writer is not None
        reset_when_closed(self._writer.get_extra_info("socket"))

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """Raises WrongServer, after closing the connection."""
        try:
            return await super().read_response(*args, **options)
        except ResponseError as error:
            if not is_wrong_server(error):
                raise
            self._primary.lost()
            await self.disconnect(nowait=True)
            raise WrongServer(str(error)) from error


class _TcpConnection(_Following, Connection): ...


class _TlsConnection(_Following, SSLConnection): ...


class _SocketConnection(_Following, UnixDomainSocketConnection): ...


_CLASSES: dict[str, Any] = {
    "redis": _TcpConnection,
    "rediss": _TlsConnection,
    "unix": _SocketConnection,
}


def open_async_redis(url: str, *, connections_max: int, **options: Any) -> Redis:
    """A client on a pool of `connections_max` connections; a caller waits for a free one.

    options: redis-py's, of the pool and its connections. Raises ValueError if the URL is wrong.
    """
    topology = parse_redis_url(url)
    pool = BlockingConnectionPool.from_url(
        topology.server_url,
        max_connections=connections_max,
        primary=Primary(topology),
        **options,
    )
    # redis-py takes its own class for a URL of TLS or of a socket, whatever it is given.
    pool.connection_class = _CLASSES[topology.server_url.partition("://")[0]]
    return Redis.from_pool(pool)
