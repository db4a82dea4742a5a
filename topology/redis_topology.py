"""RedisTopology: where a client finds the Redis that takes writes, the *primary*."""

from __future__ import annotations

from dataclasses import dataclass, field

Address = tuple[str, int]


@dataclass(frozen=True)
class RedisTopology:
    """One Redis at a fixed address. A subclass has a lookup in `topology/lookups.py`.

    server_url: `redis://`, `rediss://` or `unix://`, with the user, the database and redis-py's
    options of each connection; where there is a lookup, it replaces host and port. label: names
    the store in messages, without a password.
    """

    server_url: str = field(repr=False)
    label: str
