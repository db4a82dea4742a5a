"""WebContainer: the settings and collaborators that a web process is built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from secrets import token_urlsafe
from time import time
from typing import Any, cast

from fastapi import Request

from application.change_offer import OfferChanges
from application.listing_cache import ListingCache
from application.office import Office
from application.reconcile import FailedJobs
from domain.sites.site_room import SiteRoom
from domain.stores.remote_clock import RemoteClock
from issuance.direct import DirectIssuer
from issuance.offers import Offer
from issuance.postgres.engine import Engine
from issuance.queue.job_queue import QueueStatus
from issuance.sites.secret_encryption import SecretEncryption
from passes.signer import PassSigner
from waitroom.line import Line
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketSigner
from web.auth.admin_sessions import AdminCache, AdminSessions
from web.auth.intents import EnterIntents
from web.auth.member_tokens import MemberTokens
from web.auth.previews import PreviewLinks
from web.auth.sessions import Sessions
from web.auth.visitors import Visitors
from web.limits.client_ip import TrustedProxies
from web.limits.limit_values import WebLimits
from web.middleware.access_log import HttpCounters
from web.middleware.tracing import Tracing


@dataclass(frozen=True, slots=True)
class WebContainer:
    """Settings and collaborators of one web process.

    queue_status: reads the workers and the backlog. counts_dir: the folder of counters that the
    processes of one web command share; None for a single process. simulate: sends a number of
    simulated members into a room, False while others are running; in the demo only. queue: RQ, for
    reconciliation. draining: whether this web command is about to stop, so that a load balancer
    sends no new requests. office_clock: Postgres' clock. deployment: its id, empty until Postgres
    has answered. visitors, previews: sign cookies and links, by default with a
    secret of this process alone.
    db_connections_bound: of one command of each kind, by the settings.
    time_zone: of the times on pages and in forms. secret_encryption: of the pass secrets of sites;
    without a key by default.
    """

    line: Line
    engine: Engine
    direct: DirectIssuer
    identity: MemberTokens
    sessions: Sessions
    intents: EnterIntents
    tickets: TicketSigner
    challenges: Challenges
    admins: AdminSessions
    queue_status: Callable[[], QueueStatus]
    db_connections_bound: int
    queue: FailedJobs
    limits: WebLimits = field(default_factory=WebLimits)
    metrics_token: str = ""
    log_requests: bool = False
    tracing: Tracing | None = None
    counts_dir: Path | None = None
    site_name: str = "Open Run"
    deployment: str = ""
    templates_dir: str = ""
    time_zone: tzinfo = UTC
    base_url: str = ""
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    demo: bool = False
    signin_url: str = ""
    simulate: Callable[[str, int], bool] | None = None
    draining: Callable[[], bool] = lambda: False
    office_clock: RemoteClock = field(default_factory=RemoteClock)
    passes: PassSigner | None = None
    previews: PreviewLinks = field(
        default_factory=lambda: PreviewLinks([token_urlsafe(32)], now=time)
    )
    visitors: Visitors = field(default_factory=lambda: Visitors([token_urlsafe(32)]))
    secret_encryption: SecretEncryption = field(default_factory=lambda: SecretEncryption(()))

    def now(self) -> datetime:
        """The time by Postgres' clock, or by this host's until it is measured."""
        return self.office_clock.now()

    def line_now(self) -> datetime:
        """The time by Redis' clock, or by this host's until it is measured."""
        return self.line.clock.now()

    def offer_now(self, offer: Offer) -> datetime:
        """The time by the clock that decides when this offer opens and ends."""
        return self.now() if offer.room is None else self.line_now()

    @property
    def db_connections_max(self) -> int:
        """The most connections to Postgres of all processes on all hosts."""
        return max(self.db_connections_bound, self.line.process_registry.db_connections)

    @property
    def follows(self) -> bool:
        """Whether to store the id of the request by which a member enters."""
        return self.log_requests or self.tracing is not None

    @property
    def secure(self) -> bool:
        """Whether browsers use TLS, so that cookies can require it."""
        return self.base_url.startswith("https://")


def get_container(request: Request) -> WebContainer:
    return cast(WebContainer, request.app.state.parts)


def get_office(request: Request) -> Office:
    """The office; for a verified admin with priority."""
    office = cast(Office, request.app.state.office)
    return office.priority if getattr(request.state, "admin", None) else office


def get_offer_changes(request: Request) -> OfferChanges:
    parts = get_container(request)
    return OfferChanges(
        get_office(request), parts.engine, parts.line, get_offer_cache(request), parts.now
    )


def get_http_counters(request: Request) -> HttpCounters:
    return cast(HttpCounters, request.app.state.http_counters)


def get_offer_cache(request: Request) -> Any:
    return request.app.state.offers


def get_site_rooms(request: Request) -> ListingCache[SiteRoom]:
    return cast(ListingCache[SiteRoom], request.app.state.site_rooms)


def get_admin_cache(request: Request) -> AdminCache:
    return cast(AdminCache, request.app.state.known_admins)
