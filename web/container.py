"""What the web is made of, handed over by whoever starts the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from fastapi import Request

from application.change_offer import OfferChanges
from application.office import Office
from application.reconcile import Queue
from domain.remote_clock import RemoteClock
from issuance.direct import Direct
from issuance.offers import Offer
from issuance.postgres.engine import Engine
from issuance.queue.job_queue import Crew
from waitroom.line import Line
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketOffice
from web.auth.admin_sessions import AdminDoor, KnownAdmins
from web.auth.member_tokens import Identity
from web.auth.sessions import Sessions
from web.limits import WebLimits
from web.middleware.client_ip import Proxies
from web.middleware.http_counters import Traffic
from web.middleware.tracing import Tracing


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


def parts_of(request: Request) -> WebParts:
    return cast(WebParts, request.app.state.parts)


def office_of(request: Request) -> Office:
    """For a verified admin the one that goes first."""
    office = cast(Office, request.app.state.office)
    return office.ahead if getattr(request.state, "admin", None) else office


def offer_changes_of(request: Request) -> OfferChanges:
    parts = parts_of(request)
    return OfferChanges(
        office_of(request), parts.engine, parts.line, catalogue_of(request), parts.now
    )


def traffic_of(request: Request) -> Traffic:
    return cast(Traffic, request.app.state.traffic)


def catalogue_of(request: Request) -> Any:
    return request.app.state.catalogue


def known_admins_of(request: Request) -> KnownAdmins:
    return cast(KnownAdmins, request.app.state.known_admins)
