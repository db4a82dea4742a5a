"""Reads from a Redis' INFO whether it may evict keys."""

from __future__ import annotations

from collections.abc import Mapping

KEEPS_ALL = "noeviction"


def eviction_policy(info: Mapping[str, object]) -> str:
    """The `maxmemory-policy` if it can evict keys; "" if none is evicted, or INFO has no policy."""
    policy = str(info.get("maxmemory_policy") or KEEPS_ALL)
    # maxmemory 0 means no limit: nothing is evicted.
    return "" if policy == KEEPS_ALL or str(info.get("maxmemory", "")) == "0" else policy
