"""What the web is made of, handed over by whoever starts the process."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from fastapi import Request

from application.priority_semaphore import PrioritySemaphore
from application.reconcile import AGAIN_AFTER_S, Queue
from domain.remote_clock import RemoteClock
from issuance.direct import Direct
from issuance.errors import OfficeAway
from issuance.offers import Offer
from issuance.postgres.engine import Engine
from issuance.queue.job_queue import Crew
from waitroom.line import Line
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketOffice
from web.auth.admin_sessions import AdminDoor, KnownAdmins
from web.auth.member_tokens import Identity
from web.auth.sessions import Sessions
from web.middleware.client_ip import Proxies
from web.middleware.http_counters import Traffic
from web.middleware.tracing import Tracing

P = ParamSpec("P")
R = TypeVar("R")


STREAMS_SHARE_MIN = 2


@dataclass(frozen=True, slots=True)
class WebLimits:
    """body_bytes_max: of any request. live_streams_max: open event streams a process.

    look_again_after_s: how long reconciling waits before it looks again at what it has found.
    db_connections: of this process; db_waiting_max: callers that may wait for one, each for
    db_wait_s at most. address_requests_max, member_requests_max: in any ten seconds, by all
    processes together; looks_factor: so many times as many of what pages look like;
    health_requests_max: of one address; admin_requests_max: of one admin. address_streams_max,
    member_streams_max: open, of which each of this command's `processes` holds its share. 0: no
    limit. exempt_ips: addresses and networks that are not counted.
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
        """Of address_streams_max, for one process."""
        return self._share(self.address_streams_max)

    @property
    def member_streams_share(self) -> int:
        """Of member_streams_max, for one process."""
        return self._share(self.member_streams_max)

    def _share(self, most: int) -> int:
        # Connections don't spread evenly: two are let be everywhere.
        return max(STREAMS_SHARE_MIN, math.ceil(most / self.processes)) if most else 0


@dataclass(frozen=True, slots=True)
class WebParts:
    """Settings and collaborators of one web process.

    crew: who works at the office right now. counts_dir: where the processes of one web command
    count together, None for one that counts alone. simulate: sends so many simulated members into
    a room, False where others are under way; the demo's alone. queue: what reconciling asks of RQ.
    draining: whether this web command is about to stop, so that nobody new is to be sent to it.
    office_clock: Postgres'; the line has its own.
    deployment: its id, empty where Postgres has not said it yet.
    """

    line: Line
    engine: Engine
    direct: Direct
    identity: Identity
    sessions: Sessions
    tickets: TicketOffice
    challenges: Challenges
    admins: AdminDoor
    crew: Callable[[], Crew]
    db_connections_bound: int
    queue: Queue
    limits: WebLimits = field(default_factory=WebLimits)
    metrics_token: str = ""
    log_requests: bool = False
    tracing: Tracing | None = None
    counts_dir: Path | None = None
    site_name: str = "Open Run"
    deployment: str = ""
    templates_dir: str = ""
    base_url: str = ""
    proxies: Proxies = field(default_factory=Proxies)
    demo: bool = False
    simulate: Callable[[str, int], bool] | None = None
    draining: Callable[[], bool] = lambda: False
    office_clock: RemoteClock = field(default_factory=RemoteClock)

    def now(self) -> datetime:
        """By Postgres' clock as it was last measured; this host's until then."""
        return self.office_clock.now()

    def line_now(self) -> datetime:
        """By the line's, in the same way."""
        return self.line.clock.now()

    def now_of(self, offer: Offer) -> datetime:
        """By the clock that decides when this offer opens and ends."""
        return self.now() if offer.room is None else self.line_now()

    @property
    def follows(self) -> bool:
        """Whether it is kept by which request a member entered."""
        return self.log_requests or self.tracing is not None

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS, so that cookies can insist on it."""
        return self.base_url.startswith("https://")


class Office:
    """The sync coupon office behind an async door, with a bounded number of people inside.

    Callers wait here, not in threads and not in the database. Those who ask `ahead` go before all
    who don't: verified admins, health checks, and readings that everybody shares. Raises OfficeAway
    where too many wait, or one waited too long.
    """

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._inside = PrioritySemaphore(limits.db_connections)
        self._threads = ThreadPoolExecutor(limits.db_connections, thread_name_prefix="office")
        self._waiting = 0
        self._goes_first = False

    @cached_property
    def ahead(self) -> Office:
        """The same office for those who go before the others; they are counted by themselves."""
        ahead = copy(self)
        ahead._goes_first = True
        return ahead

    async def ask(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._waiting >= self._limits.db_waiting_max:
            raise OfficeAway
        self._waiting += 1
        try:
            await asyncio.wait_for(
                self._inside.acquire(first=self._goes_first), self._limits.db_wait_s
            )
        except TimeoutError as error:
            raise OfficeAway from error
        finally:
            self._waiting -= 1
        run = partial(call, *args, **kwargs)
        work = asyncio.get_running_loop().run_in_executor(self._threads, run)
        work.add_done_callback(self._leave)
        # Shielded: a caller who goes away must not free the place of a query still running.
        return await asyncio.shield(work)

    def _leave(self, work: asyncio.Future[Any]) -> None:
        self._inside.release()
        if not work.cancelled():
            work.exception()  # whoever asked may have gone: then nobody else looks at it


def parts_of(request: Request) -> WebParts:
    return cast(WebParts, request.app.state.parts)


def office_of(request: Request) -> Office:
    """For a verified admin the one that goes first."""
    office = cast(Office, request.app.state.office)
    return office.ahead if getattr(request.state, "admin", None) else office


def traffic_of(request: Request) -> Traffic:
    return cast(Traffic, request.app.state.traffic)


def catalogue_of(request: Request) -> Any:
    return request.app.state.catalogue


def known_admins_of(request: Request) -> KnownAdmins:
    return cast(KnownAdmins, request.app.state.known_admins)
