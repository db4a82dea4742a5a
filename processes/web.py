"""The web process: settings, parts, application, server."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from application.clock_watch import watch_clocks
from application.reconcile import failed_jobs_in
from issuance.deployment import deployment_id
from issuance.direct import DirectIssuer
from issuance.postgres.engine import Engine, open_engine
from issuance.queue.job_queue import read_queue_status
from issuance.queue.redis_connection import QueueRedis, open_queue_redis
from processes.demo.crowd_sender import CrowdSender
from processes.deployment_watch import DeploymentWatch, open_deployment
from processes.http.port_check import local_address, refuse_foreign_port
from processes.http.server import Drain, call_on_stop, end_with_parent, run_server
from processes.log_config import configure_logging
from processes.loops import run_loop
from processes.postgres_connections import db_connections_bound
from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from processes.store_checks import log_store_faults
from processes.tracing import Tracing, open_tracing
from waitroom.line import Line, open_line
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketSigner
from web.app import create_app
from web.auth.admin_sessions import AdminSessions
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions
from web.auth.token_claims import ClaimRules
from web.container import WebContainer
from web.limits.client_ip import TrustedProxies
from web.limits.limit_values import WebLimits

PROCESSES = "WAITROOM_WEB_PROCESSES"
ADDRESS = "WAITROOM_WEB_ADDRESS"
COUNTS = "WAITROOM_WEB_COUNTS"
DEPLOYMENT = "WAITROOM_WEB_DEPLOYMENT"
DRAINING = "draining"  # a file in the folder of COUNTS
KNOWN_WITHIN_S = 2.0
LOOK_EVERY_S = 0.05
SWITCH_EVERY_S = 0.0001
# Threads that read static files. More of them keep the interpreter from the event loop for longer;
# with two, a file takes half as long again.
FILE_THREADS_MAX = 8
# The port is open a few milliseconds after the application has started.
LISTENS_AFTER_S = 0.1

log = structlog.get_logger(__name__)


def serve(settings: WebSettings, *, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP replaces the processes (`processes.http.server`).

    Raises BadSettings where processes outnumber connections, or where Redis, the queue or the port
    belongs to another deployment.
    """
    if processes > settings.WEB_DB_CONNECTIONS:
        raise BadSettings(
            f"--processes {processes} needs at least as many WEB_DB_CONNECTIONS, "
            f"got {settings.WEB_DB_CONNECTIONS}."
        )
    os.environ[PROCESSES] = str(processes)  # the server starts its processes with our environment
    # Where a simulated crowd finds us, whatever BASE_URL others know us by.
    here = local_address(host)
    os.environ[ADDRESS] = f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
    configure_logging(settings.LOG_FORMAT, "web")
    # Its processes count together there; who starts anew begins at nought.
    with TemporaryDirectory(prefix="waitroom-counts-") as folder, _watched(settings) as watch:
        os.environ[COUNTS] = folder
        # Where Postgres or Redis is away, serve all the same: they are told so.
        watch.wait(KNOWN_WITHIN_S)
        os.environ[DEPLOYMENT] = watch.deployment.id
        refuse_foreign_port(host, port, watch.deployment.id)
        watch.raise_if_other()
        try:
            run_server(
                "processes.web:make_app",
                host=host,
                port=port,
                processes=processes,
                drain=Drain(Path(folder) / DRAINING, settings.DRAIN_S),
                may_reload=_settings_are_good,
            )
        finally:  # the server may leave by sys.exit, as its processes were killed
            watch.raise_if_other()


def _settings_are_good() -> bool:
    """Whether new processes could start: files of X_FILE settings may have changed."""
    try:
        read_settings(WebSettings, os.environ)
    except BadSettings as error:
        log.error("wrong settings: the web processes are not replaced", why=str(error))
        return False
    return True


@contextmanager
def _watched(settings: WebSettings) -> Iterator[DeploymentWatch]:
    """In the command, for all its processes; over a connection that is open only to read the id."""

    def read_id() -> str:
        engine = open_engine(settings.DATABASE_URL, connections_max=1, name="deployment")
        try:
            return deployment_id(engine)
        finally:
            engine.dispose()

    closing = threading.Event()

    def end(_sentence: str) -> None:
        # Until the server is there to be told, `serve` sees it by itself.
        while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and not closing.wait(LOOK_EVERY_S):
            pass
        if not closing.is_set():
            _end_at_once()

    with open_deployment(settings, read_id) as deployment:
        watch = DeploymentWatch(deployment, end)
        try:
            yield watch
        finally:
            closing.set()
            watch.close()


def _end_at_once() -> None:
    """What the processes still answer would be the other deployment's.

    The main thread is told first: it would start a process again that ended by itself.
    """
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    for process in multiprocessing.active_children():
        process.kill()


def _collect_less_garbage() -> None:
    """What was made so far stays; looking through it each time costs a third of the requests."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def make_app() -> FastAPI:
    """The application of one web process, from the environment."""
    end_with_parent()
    # A busy event loop lets go of the interpreter only when it is made to, after 5 ms by default.
    # Until then wait: the server's thread, which hands over one request each time, and threads of
    # the office, which hold the lock that all others wait for.
    sys.setswitchinterval(SWITCH_EVERY_S)
    settings = read_settings(WebSettings, os.environ)
    configure_logging(settings.LOG_FORMAT, "web")
    # The connections are shared out among the processes, so that their sum keeps the bound.
    connections = settings.WEB_DB_CONNECTIONS // int(os.environ.get(PROCESSES, "1"))
    engine = open_engine(settings.DATABASE_URL, connections_max=connections, name="web")
    line = open_line(settings.REDIS_URL)
    conveyor = open_queue_redis(settings.queue_redis_url, timeout_s=2.0)

    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "web")
    address = os.environ.get(ADDRESS, settings.BASE_URL)
    sender = CrowdSender(address) if settings.DEMO else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        call_on_stop(app.state.streams.close)
        current_default_thread_limiter().total_tokens = FILE_THREADS_MAX
        _collect_less_garbage()
        await app.state.session_watch.run_once()  # who has signed out before this process was there
        clocks = watch_clocks("web", line, parts.office_clock, app.state.office.run, engine)
        tasks = [
            asyncio.create_task(app.state.enter_times.publish_forever()),
            asyncio.create_task(app.state.session_watch.run_forever()),
            asyncio.create_task(log_store_faults(line, conveyor, engine)),
            asyncio.create_task(
                run_loop("clocks", clocks.run_once, asyncio.Event(), line.loop_errors)
            ),
        ]
        asyncio.get_running_loop().call_later(LISTENS_AFTER_S, log.info, "serving")
        yield
        for task in tasks:
            task.cancel()
        if sender is not None:
            sender.close()
        await line.aclose()
        conveyor.close()
        engine.dispose()
        if tracing is not None:
            tracing.close()

    parts = _make_container(settings, line, engine, conveyor, connections, tracing)
    return create_app(replace(parts, simulate=sender.send if sender else None), lifespan=lifespan)


def _make_container(
    settings: WebSettings,
    line: Line,
    engine: Engine,
    conveyor: QueueRedis,
    connections: int,
    tracing: Tracing | None,
) -> WebContainer:
    """What the web is made of. connections: this process's share of those to Postgres."""
    counts = Path(os.environ[COUNTS]) if COUNTS in os.environ else None
    return WebContainer(
        line=line,
        engine=engine,
        direct=DirectIssuer(engine, conveyor),
        identity=MemberTokens(
            settings.MEMBER_TOKEN_SECRETS,
            settings.ADMIN_TOKEN,
            rules=ClaimRules(settings.MEMBER_TOKEN_AUDIENCE, settings.CLOCK_LEEWAY_S),
        ),
        sessions=Sessions(
            settings.TICKET_SECRETS,
            old_secrets=settings.MEMBER_TOKEN_SECRETS,
            age_max_s=settings.SESSION_AGE_MAX_S,
            now=line.clock.now_s,
        ),
        tickets=TicketSigner(
            settings.TICKET_SECRETS, age_max_s=settings.TICKET_AGE_MAX_S, now=line.clock.now_s
        ),
        challenges=Challenges(settings.TICKET_SECRETS, now=line.clock.now_s),
        admins=AdminSessions(settings.TICKET_SECRETS, password_hash=settings.ADMIN_PASSWORD_HASH),
        db_connections_bound=db_connections_bound(
            web=settings.WEB_DB_CONNECTIONS, workers=settings.WORKERS
        ),
        queue=failed_jobs_in(
            conveyor, settings.QUEUE_NAME, deployment=os.environ.get(DEPLOYMENT, "")
        ),
        deployment=os.environ.get(DEPLOYMENT, ""),
        limits=_limits(settings, connections),
        metrics_token=settings.METRICS_TOKEN,
        log_requests=settings.LOG_REQUESTS,
        tracing=tracing,
        counts_dir=counts,
        draining=Drain(counts / DRAINING).has_begun if counts else lambda: False,
        site_name=settings.SITE_NAME,
        templates_dir=settings.TEMPLATES_DIR,
        base_url=settings.BASE_URL,
        proxies=TrustedProxies(settings.FORWARDED_ALLOW_IPS),
        demo=settings.DEMO,
        queue_status=partial(read_queue_status, conveyor, settings.QUEUE_NAME),
    )


def _limits(settings: WebSettings, connections: int) -> WebLimits:
    """A setting is the limit of its name, as BODY_BYTES_MAX of body_bytes_max."""
    names = [one.name for one in fields(WebLimits) if one.name.upper() in WebSettings.model_fields]
    return WebLimits(
        **{name: getattr(settings, name.upper()) for name in names},
        db_connections=connections,
        processes=int(os.environ.get(PROCESSES, "1")),
        exempt_ips=settings.LIMITS_EXEMPT_IPS,
    )
