"""Reads a Redis URL: its scheme names the topology."""

from __future__ import annotations

from collections.abc import Callable

from topology.redis_topology import RedisTopology
from topology.sentinels import parse_sentinels_url
from topology.single_redis import parse_single_url

TOPOLOGIES: dict[str, Callable[[str], RedisTopology]] = {
    "redis": parse_single_url,
    "rediss": parse_single_url,
    "unix": parse_single_url,
    "redis+sentinel": parse_sentinels_url,
    "rediss+sentinel": parse_sentinels_url,
}


def parse_redis_url(url: str) -> RedisTopology:
    """The topology of this URL. Raises ValueError, which shows no part of the URL."""
    parse = TOPOLOGIES.get(url.partition("://")[0])
    if parse is None:
        *schemes, last = (f"{scheme}://" for scheme in TOPOLOGIES)
        raise ValueError(f"must begin with {', '.join(schemes)} or {last}")
    return parse(url)
