"""The web process: composes the web application from its settings, and serves it."""

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
from dataclasses import replace
from functools import partial

import structlog
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from application.clock_watch import watch_clocks
from issuance.deployment import deployment_id
from issuance.postgres.engine import open_engine
from issuance.queue.redis_connection import open_queue_redis
from processes.counts_folder import open_counts_folder
from processes.demo.crowd_sender import CrowdSender
from processes.deployment_watch import DeploymentWatch, open_deployment
from processes.http.container import (
    COUNTS,
    DEPLOYMENT,
    DRAINING,
    PROCESSES,
    make_container,
)
from processes.http.port_check import local_address, refuse_foreign_port
from processes.http.server import Drain, call_on_stop, end_with_parent, run_server
from processes.log_config import configure_logging
from processes.loops import start_loops
from processes.process_registry import publish_web, remove_web
from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from processes.store_checks import log_store_faults
from processes.tracing import open_tracing
from waitroom.line import Line, open_line
from waitroom.redis_io.acknowledged import Replication
from web.app import create_app
from web.metrics.unacknowledged import UnacknowledgedPlaces

ADDRESS = "WAITROOM_WEB_ADDRESS"
KNOWN_WITHIN_S = 2.0
LOOK_EVERY_S = 0.05
SWITCH_INTERVAL_S = 0.0005
# Threads that read static files. More would hold the interpreter lock longer against the event
# loop; with two, a file takes half as long again.
FILE_THREADS_MAX = 8
# The server opens its port a few milliseconds after the application has started.
LISTENS_AFTER_S = 0.1

log = structlog.get_logger(__name__)


def serve(settings: WebSettings, *, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP replaces the processes (`processes.http.server`).

    Raises BadSettings if there are more processes than connections, or if Redis, the queue or the
    port belongs to another deployment.
    """
    if processes > settings.WEB_DB_CONNECTIONS:
        raise BadSettings(
            f"--processes {processes} needs as many Postgres connections: set WEB_DB_CONNECTIONS "
            f"to at least {processes}. It is {settings.WEB_DB_CONNECTIONS}."
        )
    os.environ[PROCESSES] = str(processes)  # the server's processes inherit our environment
    # The address for simulated crowds, which may differ from the public BASE_URL.
    here = local_address(host)
    os.environ[ADDRESS] = f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
    configure_logging(settings.LOG_FORMAT, "web")
    # A folder for the counters that the processes share; each start begins at zero.
    with (
        open_counts_folder() as folder,
        _watch_deployment(settings) as watch,
    ):
        os.environ[COUNTS] = str(folder)
        # Serve even if Postgres or Redis is unreachable: members then get an error page.
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
                drain=Drain(folder / DRAINING, settings.DRAIN_S),
                may_reload=_settings_are_good,
            )
        finally:  # the server may call sys.exit when its processes were killed
            watch.raise_if_other()


def _settings_are_good() -> bool:
    """Whether new processes could start: the files of X_FILE settings may have changed."""
    try:
        read_settings(WebSettings, os.environ)
    except BadSettings as error:
        log.error("bad settings: web processes not replaced", why=str(error))
        return False
    return True


@contextmanager
def _watch_deployment(settings: WebSettings) -> Iterator[DeploymentWatch]:
    """Watch in the command, for all its processes. Connects to Postgres only to read the id."""

    def read_id() -> str:
        engine = open_engine(settings.DATABASE_URL, connections_max=1, name="deployment")
        try:
            return deployment_id(engine)
        finally:
            engine.dispose()

    closing = threading.Event()

    def end(_sentence: str) -> None:
        # Before the server has set its handlers, `serve` itself checks the watch.
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
    """Kill the processes: they would serve the other deployment's members.

    Interrupt the main thread first, or it would restart the killed processes.
    """
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    for process in multiprocessing.active_children():
        process.kill()


def _collect_less_garbage() -> None:
    """Exclude the objects made so far from collection, which costs a third of the throughput."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def make_app() -> FastAPI:
    """The application of one web process, from the environment."""
    end_with_parent()
    # A busy event loop keeps the interpreter lock for a whole switch interval, 5 ms by default.
    # Meanwhile the server's thread, which passes on one request each time, waits, and so do the
    # threads that issue, which hold the row lock that all others wait for.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settings = read_settings(WebSettings, os.environ)
    configure_logging(settings.LOG_FORMAT, "web")
    # Split the connections among the processes: WEB_DB_CONNECTIONS bounds their sum.
    connections = settings.WEB_DB_CONNECTIONS // int(os.environ.get(PROCESSES, "1"))
    engine = open_engine(settings.DATABASE_URL, connections_max=connections, name="web")
    line = _open_line(settings)
    queue_redis = open_queue_redis(settings.queue_redis_url, timeout_s=2.0)
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "web")
    sender = CrowdSender(os.environ.get(ADDRESS, settings.BASE_URL)) if settings.DEMO else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        call_on_stop(app.state.streams.close)
        current_default_thread_limiter().total_tokens = FILE_THREADS_MAX
        _collect_less_garbage()
        clocks = watch_clocks("web", line, container.office_clock, app.state.office.run, engine)
        await asyncio.gather(app.state.session_watch.run_once(), clocks.start())
        register = partial(publish_web, app, line, connections)
        tasks = [
            *start_loops({"clocks": clocks.run_once, "register": register}, line.loop_errors),
            asyncio.create_task(app.state.enter_times.publish_forever()),
            asyncio.create_task(app.state.session_watch.run_forever()),
            asyncio.create_task(log_store_faults(line, queue_redis, engine)),
        ]
        asyncio.get_running_loop().call_later(LISTENS_AFTER_S, log.info, "serving")
        yield
        for task in tasks:
            task.cancel()
        if sender is not None:
            sender.close()
        await remove_web(line)
        await line.aclose()
        queue_redis.close()
        engine.dispose()
        if tracing is not None:
            tracing.close()
        log.info("stopped")

    container = make_container(settings, line, engine, queue_redis, connections, tracing)
    return create_app(
        replace(container, simulate=sender.send if sender else None), lifespan=lifespan
    )


def _open_line(settings: WebSettings) -> Line:
    replication = None
    if settings.LINE_REPLICAS:
        unacknowledged = UnacknowledgedPlaces(os.environ.get(COUNTS))
        replication = Replication(settings.LINE_REPLICAS, unacknowledged)
    return open_line(settings.REDIS_URL, replication=replication)
