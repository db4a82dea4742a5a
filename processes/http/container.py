"""make_container: what a web process is built from, by its settings."""

from __future__ import annotations

import os
from dataclasses import fields
from functools import partial
from pathlib import Path

from application.reconcile import failed_jobs_in
from domain.stores.median_clock import MedianClock
from domain.stores.remote_clock import RemoteClock
from domain.times.time_zone import parse_zone
from issuance.direct import DirectIssuer
from issuance.postgres.engine import Engine
from issuance.queue.job_queue import read_queue_status
from issuance.queue.redis_connection import QueueRedis
from issuance.sites.secret_encryption import SecretEncryption
from passes.signer import PassSigner
from processes.http.server import Drain
from processes.postgres_connections import db_connections_bound
from processes.settings.web import WebSettings
from processes.tracing import Tracing
from waitroom.line import Line
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketSigner
from web.auth.admin_sessions import AdminSessions
from web.auth.intents import EnterIntents
from web.auth.member_tokens import MemberTokens
from web.auth.previews import PreviewLinks
from web.auth.sessions import Sessions
from web.auth.token_claims import ClaimRules
from web.auth.visitors import Visitors
from web.container import WebContainer
from web.limits.client_ip import TrustedProxies
from web.limits.limit_values import WebLimits

# The names of a web command's own environment, which its processes inherit.
PROCESSES = "WAITROOM_WEB_PROCESSES"
COUNTS = "WAITROOM_WEB_COUNTS"
DEPLOYMENT = "WAITROOM_WEB_DEPLOYMENT"
DRAINING = "draining"  # a file in the folder of COUNTS


def make_container(
    settings: WebSettings,
    line: Line,
    engine: Engine,
    queue_redis: QueueRedis,
    connections: int,
    tracing: Tracing | None,
) -> WebContainer:
    """What the web is made of. connections: this process's share of those to Postgres."""
    counts = Path(os.environ[COUNTS]) if COUNTS in os.environ else None
    deployment = os.environ.get(DEPLOYMENT, "")
    office_clock = RemoteClock()
    clock = MedianClock([line.clock, office_clock])
    return WebContainer(
        line=line,
        office_clock=office_clock,
        engine=engine,
        direct=DirectIssuer(engine, queue_redis),
        identity=_make_member_tokens(settings, clock),
        sessions=_make_sessions(settings, clock),
        intents=EnterIntents(settings.TICKET_SECRETS, now=clock.now_s),
        tickets=TicketSigner(
            settings.TICKET_SECRETS, age_max_s=settings.TICKET_AGE_MAX_S, now=line.clock.now_s
        ),
        challenges=Challenges(settings.TICKET_SECRETS, now=line.clock.now_s),
        admins=_make_admin_sessions(settings, clock),
        visitors=Visitors(settings.TICKET_SECRETS),
        previews=PreviewLinks(settings.TICKET_SECRETS, now=clock.now_s),
        db_connections_bound=db_connections_bound(
            web=settings.WEB_DB_CONNECTIONS, workers=settings.WORKERS
        ),
        queue=failed_jobs_in(queue_redis, settings.QUEUE_NAME, deployment=deployment),
        deployment=deployment,
        limits=_limits(settings, connections),
        metrics_token=settings.METRICS_TOKEN,
        log_requests=settings.LOG_REQUESTS,
        tracing=tracing,
        counts_dir=counts,
        draining=Drain(counts / DRAINING).has_begun if counts else lambda: False,
        site_name=settings.SITE_NAME,
        secret_encryption=SecretEncryption(settings.SITE_SECRETS_KEYS),
        templates_dir=settings.TEMPLATES_DIR,
        time_zone=parse_zone(settings.SITE_TIME_ZONE),
        base_url=settings.BASE_URL,
        proxies=TrustedProxies(settings.FORWARDED_ALLOW_IPS),
        demo=settings.DEMO,
        signin_url=settings.SIGNIN_URL,
        queue_status=partial(read_queue_status, queue_redis, settings.QUEUE_NAME),
        passes=_make_passes(settings, clock),
    )


def _make_sessions(settings: WebSettings, clock: MedianClock) -> Sessions:
    return Sessions(
        settings.TICKET_SECRETS,
        old_secrets=settings.MEMBER_TOKEN_SECRETS,
        age_max_s=settings.SESSION_AGE_MAX_S,
        now=clock.now_s,
    )


def _make_member_tokens(settings: WebSettings, clock: MedianClock) -> MemberTokens:
    return MemberTokens(
        settings.MEMBER_TOKEN_SECRETS,
        settings.ADMIN_TOKEN,
        rules=ClaimRules(settings.MEMBER_TOKEN_AUDIENCE, settings.CLOCK_LEEWAY_S),
        now=clock.now_s,
    )


def _make_admin_sessions(settings: WebSettings, clock: MedianClock) -> AdminSessions:
    return AdminSessions(
        settings.TICKET_SECRETS, password_hash=settings.ADMIN_PASSWORD_HASH, now=clock.now_s
    )


def _make_passes(settings: WebSettings, clock: MedianClock) -> PassSigner | None:
    """None without PASS_KEYS."""
    keys = settings.pass_keys
    if keys is None:
        return None
    return PassSigner(keys, issuer=settings.BASE_URL.rstrip("/"), now=clock.now_s)


def _limits(settings: WebSettings, connections: int) -> WebLimits:
    """Each limit comes from the setting of its name: body_bytes_max from BODY_BYTES_MAX."""
    names = [one.name for one in fields(WebLimits) if one.name.upper() in WebSettings.model_fields]
    return WebLimits(
        **{name: getattr(settings, name.upper()) for name in names},
        db_connections=connections,
        processes=int(os.environ.get(PROCESSES, "1")),
        exempt_ips=settings.LIMITS_EXEMPT_IPS,
    )
