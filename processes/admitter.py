"""The admitter process: ticks, and now and then brings Postgres's word to the line."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial

import structlog

from application.autopilot_loop import AutopilotLoop
from application.clock_watch import watch_clocks
from application.consistency_check import ConsistencyCheck
from application.destinations.coupon import CouponDestination
from application.feed_log import FeedLog
from application.postgres_watchdog import PostgresWatchdog
from application.reconcile import FailedJobs
from application.room_sync import RoomSync
from domain.stores.remote_clock import RemoteClock
from issuance.errors import OfficeError
from issuance.postgres.connection_stats import ping_postgres
from issuance.postgres.engine import Engine, open_engine
from issuance.queue.job_queue import JobQueue, JobQueueLimits, forget_failed_jobs, list_failed_jobs
from issuance.queue.redis_connection import QueueRedis, open_queue_redis
from processes.deployment_watch import watch_deployment
from processes.loops import run_loop
from processes.settings.admitter import AdmitterSettings
from processes.store_checks import log_store_faults
from processes.tracing import open_tracing
from waitroom.admitter import Admitter
from waitroom.line import open_line
from waitroom.stats.loop_errors import LoopErrors

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_S = 2.0
WAIT_S = 1.0


async def run_admitter(settings: AdmitterSettings) -> None:
    """Admit until SIGTERM or SIGINT; the tick under way is finished first.

    Raises BadSettings where Redis or the queue belongs to another deployment.
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
    conveyor = open_queue_redis(settings.queue_redis_url, timeout_s=REDIS_TIMEOUT_S)
    watched = open_engine(settings.DATABASE_URL, connections_max=1, name="lookout")
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "admitter")
    follower = FeedLog(line.request_ids, tracing, logs=settings.LOG_REQUESTS)
    desk_of_ours = _make_job_queue(conveyor, settings, deployment)
    desk = CouponDestination(desk_of_ours, follower if settings.follows else None)
    admitter = Admitter(line, desk, lease_s=settings.LEASE_S)
    lookout = PostgresWatchdog(partial(ping_postgres, watched), desk)
    clock_watch = watch_clocks("admitter", line, RemoteClock(), asyncio.to_thread, watched)
    chores = RoomSync(engine, line)
    steersman = AutopilotLoop(line, desk)
    queue = _queue(conveyor, settings, desk_of_ours)
    checker = ConsistencyCheck(line, engine, queue, desk, every_s=settings.RECONCILE_EVERY_S)
    with suppress(OfficeError):  # who steers is not to take a desk for closed that nobody looked at
        await lookout.run_once()
    storing = asyncio.create_task(log_store_faults(line, conveyor, watched))
    log.info("admitting")
    works = {
        "admit": admitter.tick,
        "watch_postgres": lookout.run_once,
        "settle": chores.run_once,
        "expire": chores.expire_coupons,
        "autopilot": steersman.run_once,
        "clocks": clock_watch.run_once,
    }
    checking = asyncio.create_task(_check_if_wanted(checker, settings, stop, line.loop_errors))
    try:
        await asyncio.gather(
            *(run_loop(name, work, stop, line.loop_errors) for name, work in works.items())
        )
    finally:
        checking.cancel()  # it changes nothing, and may take minutes
        storing.cancel()
        await asyncio.wait({checking, storing})
        await line.aclose()
        conveyor.close()
        watched.dispose()
        if tracing is not None:
            tracing.close()


def _make_job_queue(conveyor: QueueRedis, settings: AdmitterSettings, deployment: str) -> JobQueue:
    limits = JobQueueLimits(
        batch_max=settings.BATCH_MAX,
        backlog_max=settings.BACKLOG_MAX,
        job_timeout_s=settings.JOB_TIMEOUT_S,
    )
    return JobQueue(conveyor, queue=settings.QUEUE_NAME, limits=limits, deployment=deployment)


def _queue(conveyor: QueueRedis, settings: AdmitterSettings, desk: JobQueue) -> FailedJobs:
    name = settings.QUEUE_NAME
    return FailedJobs(
        failed=partial(list_failed_jobs, conveyor, name),
        forget=partial(forget_failed_jobs, conveyor, name),
        feed=desk.enqueue,
    )


async def _check_if_wanted(
    checker: ConsistencyCheck, settings: AdmitterSettings, stop: asyncio.Event, errors: LoopErrors
) -> None:
    if settings.RECONCILE_EVERY_S > 0:
        await run_loop("reconcile", checker.run_once, stop, errors)
