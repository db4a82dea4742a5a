"""The worker process: issues batches over one connection to Postgres."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import structlog

from application.report_outcomes import report_outcomes
from issuance.issue import Issued
from issuance.postgres.engine import Engine, open_engine
from issuance.queue.job_registry import ORIGINS, TRACEPARENT
from issuance.queue.redis_connection import open_queue_redis
from issuance.queue.worker import QUEUE_TIMEOUT_S, WorkerContext, run_worker
from processes.deployment_watch import DeploymentWatch, watch_deployment
from processes.postgres_connections import WORKER_DB_CONNECTIONS
from processes.settings.worker import WorkerSettings
from processes.store_checks import log_store_faults
from processes.supervisor import EXIT_BAD_SETTINGS
from processes.tracing import Tracing, open_tracing
from waitroom.clock_skews import MEASURE_EVERY_S, ClockWatch
from waitroom.errors import LineError
from waitroom.line import Line, open_line

log = structlog.get_logger(__name__)

WAIT_S = 1.0


def run_worker_process(settings: WorkerSettings) -> None:
    """Work until SIGTERM or SIGINT, and finish a started batch.

    Raises BadSettings if Redis or the queue belongs to another deployment.
    """
    engine = open_engine(
        settings.DATABASE_URL, connections_max=WORKER_DB_CONNECTIONS, name="worker"
    )
    queue_redis = open_queue_redis(settings.queue_redis_url, timeout_s=QUEUE_TIMEOUT_S)
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "worker")
    with asyncio.Runner() as runner:
        line = open_line(settings.REDIS_URL, connections_max=1)
        runner.run(log_store_faults(line, queue_redis, engine))
        try:
            with watch_deployment(settings, engine, _end) as watch:
                if _knows_its_deployment(watch):
                    context = replace(
                        make_worker_context(line, engine, runner.run, follows=settings.follows),
                        logs=settings.LOG_REQUESTS,
                        idle=_regular_work(line, runner),
                        deployment=lambda: watch.deployment.id,
                    )
                    if tracing is not None:
                        context = replace(context, around=partial(_span, tracing))
                    log.info("working")
                    run_worker(context, queue_redis, queue=settings.QUEUE_NAME)
        finally:
            runner.run(line.aclose())
            queue_redis.close()
            engine.dispose()
            if tracing is not None:
                tracing.close()
    log.info("stopped")


def make_worker_context(
    line: Line,
    engine: Engine,
    run: Callable[[Coroutine[Any, Any, Any]], Any],
    *,
    follows: bool = False,
) -> WorkerContext:
    """The dependencies of a worker's jobs. run: awaits a call to the line.

    follows: Redis keeps members' request ids; delete them after the outcome.
    """

    def report(issued: Issued) -> None:
        run(report_outcomes(line, issued))
        if follows:
            run(line.request_ids.forget(issued.code, list(issued.outcomes)))

    def count_error() -> None:
        line.loop_errors.note("worker")
        with suppress(LineError):
            run(line.loop_errors.publish())

    return WorkerContext(engine, report, failed=count_error)


def _regular_work(line: Line, runner: asyncio.Runner) -> Callable[[], None]:
    """A function that checks this host's clock and publishes this process when called, at most
    every MEASURE_EVERY_S.
    """
    watch = ClockWatch(line.clock_skews, "worker", {"redis": line.clock}, line.measure_clock)
    due_at_s = time.monotonic()

    def work_if_due() -> None:
        nonlocal due_at_s
        if time.monotonic() >= due_at_s:
            due_at_s = time.monotonic() + MEASURE_EVERY_S
            with suppress(LineError):
                runner.run(watch.run_once())
                runner.run(line.process_registry.publish("worker", WORKER_DB_CONNECTIONS))

    return work_if_due


def _knows_its_deployment(watch: DeploymentWatch) -> bool:
    """Wait for the first check. Returns False if a signal comes first. Raises BadSettings."""
    stopping = Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in numbers}
    try:
        while not stopping.is_set() and not watch.wait(WAIT_S, stopping.is_set):
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return not stopping.is_set()


def _end(sentence: str) -> None:
    """Exit at once: a finished batch would report to another deployment's line."""
    log.error(sentence)
    sys.stderr.flush()
    os._exit(EXIT_BAD_SETTINGS)


def _span(
    tracing: Tracing, meta: Mapping[str, Any], attributes: Mapping[str, Any]
) -> AbstractContextManager[str]:
    """A span around a batch, as a child of the span that enqueued it."""
    return tracing.batch("issue", meta.get(TRACEPARENT, ""), meta.get(ORIGINS, []), attributes)
