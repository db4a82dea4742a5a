"""A Redis at a fixed address: `redis://`, `rediss://` or `unix://`.

Behind the address may be a proxy or a DNS name that moves to another server.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from domain.stores.url_rules import UNREADABLE_URL
from topology.redis_topology import RedisTopology

DEFAULT_PORT = 6379


def parse_single_url(url: str) -> RedisTopology:
    """Raises ValueError, which shows no part of the URL."""
    parts = _split(url)
    if parts.scheme == "unix":
        return RedisTopology(url, unquote(parts.path))
    if not re.fullmatch(r"(/[0-9]*)?", parts.path):
        # redis-py would silently use another database.
        raise ValueError("must end with the number of a database, as redis://host:6379/0")
    host = parts.hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return RedisTopology(url, f"{shown}:{parts.port or DEFAULT_PORT}/{parts.path[1:] or 0}")


def _split(url: str) -> SplitResult:
    if "," in url.partition("://")[2].partition("/")[0].rpartition("@")[2]:
        raise ValueError(
            "names several hosts: a Redis has one; list Sentinels as "
            "redis+sentinel://host1:26379,host2:26379/mymaster/0"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.fragment or "@" in parts.query:
        raise ValueError(UNREADABLE_URL)
    return parts
