"""The admitter process: admits members, and keeps the line's settings and Postgres in step."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

import structlog

from application.autopilot_loop import AutopilotLoop
from application.clock_watch import watch_clocks
from application.consistency_check import ConsistencyCheck
from application.destinations.coupon.destination import CouponDestination
from application.destinations.coupon.feed_log import FeedLog
from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.room_store import RoomStore
from application.destinations.site.destination import SiteDestination
from application.destinations.site.rooms import SiteRooms
from application.failover_repair import FailoverRepair
from application.history.minute_recorder import MinuteRecorder
from application.postgres_watchdog import PostgresWatchdog
from application.reconcile import FailedJobs
from application.room_sync import RoomSync
from domain.room import RoomKind
from domain.stores.remote_clock import RemoteClock
from issuance.errors import OfficeError
from issuance.postgres.engine import GONE_AFTER_S, Engine, open_engine
from issuance.postgres.server_state import TimelineReader
from issuance.queue.job_queue import JobQueue, JobQueueLimits, forget_failed_jobs, list_failed_jobs
from issuance.queue.redis_connection import QueueRedis, open_queue_redis
from processes.deployment_watch import watch_deployment
from processes.loops import run_loop
from processes.postgres_connections import ADMITTER_DB_CONNECTIONS
from processes.settings.admitter import AdmitterSettings
from processes.store_checks import log_store_faults
from processes.tracing import open_tracing
from waitroom.admitter import Admitter, Destination
from waitroom.errors import LineError
from waitroom.line import Line, open_line
from waitroom.stats.loop_errors import LoopErrors

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_S = 2.0
WAIT_S = 1.0


async def run_admitter(settings: AdmitterSettings) -> None:
    """Admit until SIGTERM or SIGINT, and finish a started tick.

    Raises BadSettings if Redis or the queue belongs to another deployment.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="admitter")

    def end(_sentence: str) -> None:
        loop.call_soon_threadsafe(stop.set)

    try:
        with watch_deployment(settings, engine, end) as watch:
            known = False
            while not (known or stop.is_set()):
                known = await asyncio.to_thread(watch.wait, WAIT_S, stop.is_set)
            if known:
                await _admit(settings, engine, watch.deployment.id, stop)
            watch.raise_if_other()
    finally:
        engine.dispose()
    log.info("stopped")


async def _admit(
    settings: AdmitterSettings, engine: Engine, deployment: str, stop: asyncio.Event
) -> None:
    line = open_line(settings.REDIS_URL, timeout_s=REDIS_TIMEOUT_S)
    queue_redis = open_queue_redis(settings.queue_redis_url, timeout_s=REDIS_TIMEOUT_S)
    watched = open_engine(settings.DATABASE_URL, connections_max=1, name="lookout")
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "admitter")
    feed_log = FeedLog(line.request_ids, tracing, logs=settings.LOG_REQUESTS)
    job_queue = _make_job_queue(queue_redis, settings, deployment)
    destination = CouponDestination(
        line, job_queue, lease_s=settings.LEASE_S, follower=feed_log if settings.follows else None
    )
    destinations: Mapping[RoomKind, Destination] = by_kind([destination, SiteDestination(line)])
    stores: Mapping[RoomKind, RoomStore] = by_kind([CouponRooms(engine, line), SiteRooms(engine)])
    watchdog = _make_watchdog(line, watched, destination, stop)
    clock_watch = watch_clocks("admitter", line, RemoteClock(), asyncio.to_thread, watched)
    room_sync = RoomSync(engine, line, stores)
    failed_jobs = _make_failed_jobs(queue_redis, settings, job_queue)
    checker = ConsistencyCheck(
        line, engine, failed_jobs, destination, every_s=settings.RECONCILE_EVERY_S
    )
    # First, or the autopilot would see an unchecked Postgres as down.
    with suppress(OfficeError, LineError):
        await watchdog.run_once()
    storing = asyncio.create_task(log_store_faults(line, queue_redis, watched))
    log.info("admitting")
    works: dict[str, Callable[[], Awaitable[float]]] = {
        "watch_postgres": watchdog.run_once,
        "settle": room_sync.run_once,
        "expire": room_sync.expire_coupons,
        "minutes": MinuteRecorder(engine, line, stores, room_sync.connection).run_once,
        "autopilot": AutopilotLoop(line, destination).run_once,
        "clocks": clock_watch.run_once,
        "register": partial(line.process_registry.publish, "admitter", ADMITTER_DB_CONNECTIONS),
    }
    checking = asyncio.create_task(_check_if_wanted(checker, settings, stop, line.loop_errors))
    try:
        admits = [("admit", Admitter(line, one).tick) for one in destinations.values()]
        await asyncio.gather(
            *(run_loop(*work, stop, line.loop_errors) for work in (*works.items(), *admits))
        )
    finally:
        checking.cancel()  # it only reads, and may take minutes
        storing.cancel()
        await asyncio.wait({checking, storing})
        await line.aclose()
        queue_redis.close()
        watched.dispose()
        if tracing is not None:
            tracing.close()


def _make_watchdog(
    line: Line, watched: Engine, destination: CouponDestination, stop: asyncio.Event
) -> PostgresWatchdog:
    ask = partial(TimelineReader(watched).ping_and_read, within_s=GONE_AFTER_S)
    return PostgresWatchdog(ask, destination, FailoverRepair(line, watched, stop.is_set))


def _make_job_queue(redis: QueueRedis, settings: AdmitterSettings, deployment: str) -> JobQueue:
    limits = JobQueueLimits(
        batch_max=settings.BATCH_MAX,
        backlog_max=settings.BACKLOG_MAX,
        job_timeout_s=settings.JOB_TIMEOUT_S,
    )
    return JobQueue(redis, queue=settings.QUEUE_NAME, limits=limits, deployment=deployment)


def _make_failed_jobs(
    redis: QueueRedis, settings: AdmitterSettings, job_queue: JobQueue
) -> FailedJobs:
    name = settings.QUEUE_NAME
    return FailedJobs(
        failed=partial(list_failed_jobs, redis, name),
        forget=partial(forget_failed_jobs, redis, name),
        feed=job_queue.enqueue,
    )


async def _check_if_wanted(
    checker: ConsistencyCheck, settings: AdmitterSettings, stop: asyncio.Event, errors: LoopErrors
) -> None:
    if settings.RECONCILE_EVERY_S > 0:
        await run_loop("reconcile", checker.run_once, stop, errors)
