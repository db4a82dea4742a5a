"""The admitter process: ticks, and now and then brings Postgres's word to the line."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial

import structlog

from application.autopilot_loop import Steersman
from application.clock_watch import watch_clocks
from application.consistency_check import Checker
from application.destinations.coupon import DeskByTheLine
from application.feed_log import Follower
from application.postgres_watchdog import Lookout
from application.reconcile import Queue
from application.room_sync import Chores
from domain.remote_clock import RemoteClock
from issuance.errors import OfficeError
from issuance.postgres.connection_stats import check
from issuance.postgres.engine import Engine, open_engine
from issuance.queue.job_queue import Desk, DeskLimits, failed_jobs, forget_failed
from issuance.queue.redis_connection import Conveyor, open_conveyor
from processes.deployment_watch import watch_deployment
from processes.loops import repeat
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
    conveyor = open_conveyor(settings.queue_redis_url, timeout_s=REDIS_TIMEOUT_S)
    watched = open_engine(settings.DATABASE_URL, connections_max=1, name="lookout")
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "admitter")
    follower = Follower(line.origins, tracing, logs=settings.LOG_REQUESTS)
    desk_of_ours = _desk(conveyor, settings, deployment)
    desk = DeskByTheLine(desk_of_ours, follower if settings.follows else None)
    admitter = Admitter(line, desk, lease_s=settings.LEASE_S)
    lookout = Lookout(partial(check, watched), desk)
    clock_watch = watch_clocks("admitter", line, RemoteClock(), asyncio.to_thread, watched)
    chores = Chores(engine, line)
    steersman = Steersman(line, desk)
    queue = _queue(conveyor, settings, desk_of_ours)
    checker = Checker(line, engine, queue, desk, every_s=settings.RECONCILE_EVERY_S)
    with suppress(OfficeError):  # who steers is not to take a desk for closed that nobody looked at
        await lookout.do()
    storing = asyncio.create_task(log_store_faults(line, conveyor, watched))
    log.info("admitting")
    works = {
        "admit": admitter.tick,
        "watch_postgres": lookout.do,
        "settle": chores.do,
        "expire": chores.expire,
        "autopilot": steersman.do,
        "clocks": clock_watch.do,
    }
    checking = asyncio.create_task(_check_if_wanted(checker, settings, stop, line.loop_errors))
    try:
        await asyncio.gather(
            *(repeat(name, work, stop, line.loop_errors) for name, work in works.items())
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


def _desk(conveyor: Conveyor, settings: AdmitterSettings, deployment: str) -> Desk:
    limits = DeskLimits(
        batch_max=settings.BATCH_MAX,
        backlog_max=settings.BACKLOG_MAX,
        job_timeout_s=settings.JOB_TIMEOUT_S,
    )
    return Desk(conveyor, queue=settings.QUEUE_NAME, limits=limits, deployment=deployment)


def _queue(conveyor: Conveyor, settings: AdmitterSettings, desk: Desk) -> Queue:
    name = settings.QUEUE_NAME
    return Queue(
        failed=partial(failed_jobs, conveyor, name),
        forget=partial(forget_failed, conveyor, name),
        feed=desk.feed,
    )


async def _check_if_wanted(
    checker: Checker, settings: AdmitterSettings, stop: asyncio.Event, errors: LoopErrors
) -> None:
    if settings.RECONCILE_EVERY_S > 0:
        await repeat("reconcile", checker.do, stop, errors)
