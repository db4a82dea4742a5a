"""Whether a Redis may throw away what it was told, by what its INFO says."""

from __future__ import annotations

from collections.abc import Mapping

KEEPS_ALL = "noeviction"


def eviction_policy(info: Mapping[str, object]) -> str:
    """The `maxmemory-policy` by which keys may be lost; "" where none may, or it does not say."""
    policy = str(info.get("maxmemory_policy") or KEEPS_ALL)
    # Without a maximum nothing is ever evicted.
    return "" if policy == KEEPS_ALL or str(info.get("maxmemory", "")) == "0" else policy
