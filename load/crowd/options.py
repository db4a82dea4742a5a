"""Options: the size, the arrivals and the behaviour of a crowd."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrowdOptions:
    """within_s: all members arrive in it. connections_max: open at once; other requests wait.

    give_up_s: then members without a final answer count as failed. attempts_max: of a request that
    the server asks to retry. addresses: how many addresses in X-Forwarded-For, for a server that
    trusts this host as a proxy; 0: none. seed: fixes the members and their arrivals.
    """

    base_url: str
    code: str
    members: int
    within_s: float = 1.0
    connections_max: int = 500
    double_click: bool = False
    give_up_s: float = 300.0
    attempts_max: int = 30
    addresses: int = 0
    seed: int | None = None
