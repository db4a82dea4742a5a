"""Options: who comes, when, and how often they click."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrowdOptions:
    """within_s: everybody arrives in it. connections_max: open at once; others wait their turn.

    give_up_s: after that, members without an answer count as failed. attempts_max: how often one
    tries again where told to. addresses: so many are named to a server that trusts ours as a
    proxy's; 0: none, all come from ours. seed: the same one gives the same members, arriving at
    the same time.
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
