"""The limits of one web process: requests, streams, bodies and database connections."""

from __future__ import annotations

import math
from dataclasses import dataclass

from application.reconcile import AGAIN_AFTER_S

STREAMS_SHARE_MIN = 2


@dataclass(frozen=True, slots=True)
class WebLimits:
    """body_bytes_max: of any request. live_streams_max: open event streams per process.

    look_again_after_s: how long reconciliation waits before it checks a difference again.
    db_connections: of this process; db_waiting_max: callers that may wait for one, each at most
    db_wait_s. address_requests_max, member_requests_max: per ten seconds, over all processes;
    looks_factor: the factor of that limit for style sheets, scripts and pictures;
    health_requests_max: per address; admin_requests_max: per admin. address_streams_max,
    member_streams_max: open streams, shared equally by `processes`: those of this command, and once
    known those of all hosts. 0: no limit.
    exempt_ips: addresses and networks without limits.
    """

    body_bytes_max: int = 16_384
    live_streams_max: int = 15_000
    db_connections: int = 4
    db_waiting_max: int = 200
    db_wait_s: float = 2.0
    look_again_after_s: float = AGAIN_AFTER_S
    address_requests_max: int = 3_000
    member_requests_max: int = 60
    looks_factor: int = 10
    health_requests_max: int = 600
    admin_requests_max: int = 600
    address_streams_max: int = 1_000
    member_streams_max: int = 20
    exempt_ips: str = "127.0.0.0/8,::1"
    processes: int = 1

    @property
    def address_streams_share(self) -> int:
        """One process' share of address_streams_max."""
        return self._share(self.address_streams_max)

    @property
    def member_streams_share(self) -> int:
        """One process' share of member_streams_max."""
        return self._share(self.member_streams_max)

    def _share(self, most: int) -> int:
        # Connections don't spread evenly over processes, so each allows at least two.
        return max(STREAMS_SHARE_MIN, math.ceil(most / self.processes)) if most else 0
