"""A client connects as the scheme of its URL says, and follows the primary on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import SSLConnection
from redis.asyncio import SSLConnection as AsyncSSLConnection

from topology.async_redis import open_async_redis
from topology.primary import primary_of
from topology.sync_redis import open_sync_redis
from waitroom.redis_io.script_call import ScriptCall, ScriptConnections

ECHO = "return ARGV[1]"


@asynccontextmanager
async def on_a_socket(redis_url: str, path: Path) -> AsyncIterator[str]:
    """The URL of a Unix socket that forwards to the Redis."""
    parts = urlsplit(redis_url)
    pumps, writers = set(), []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65_536):
            writer.write(part)
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_redis = await asyncio.open_connection(parts.hostname, parts.port)
        writers.extend((writer, to_redis[1]))
        pumps.add(asyncio.create_task(pump(to_redis[0], writer)))
        pumps.add(asyncio.create_task(pump(reader, to_redis[1])))

    server = await asyncio.start_unix_server(forward, path)
    user = parts.netloc.rpartition("@")[0]
    yield f"unix://{user}@{path}" if user else f"unix://{path}"
    server.close()
    for one in pumps:
        one.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)
    for writer in writers:
        writer.close()
    await asyncio.gather(*(one.wait_closed() for one in writers), return_exceptions=True)


async def test_a_unix_socket_serves_the_line_and_the_queue(redis_url, tmp_path):
    async with on_a_socket(redis_url, tmp_path / "redis.sock") as url:
        redis = open_async_redis(url, connections_max=2, socket_timeout=10)
        calls = ScriptConnections(redis.connection_pool)
        with open_sync_redis(url, socket_timeout=10) as queue:
            assert await asyncio.to_thread(queue.ping)
        assert await redis.ping()
        assert await ScriptCall(calls, ECHO)([], ["here"]) == b"here"
        await calls.aclose()
        await redis.aclose()


@pytest.mark.parametrize("url", ["rediss://localhost:6380/1", "rediss+sentinel://one/mymaster"])
async def test_tls_is_used_where_the_url_says_so(url):
    pools = (open_async_redis(url, connections_max=1), open_sync_redis(url))
    pools = [one.connection_pool for one in pools]

    made = [pool.make_connection() for pool in pools]

    assert isinstance(made[0], AsyncSSLConnection)
    assert isinstance(made[1], SSLConnection)
    assert all(primary_of(pool).label for pool in pools)
