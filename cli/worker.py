"""The worker processes: one connection to Postgres each."""

from __future__ import annotations

import asyncio
import sys

from cli.settings import WorkerSettings
from cli.supervise import Child, supervise
from issuance.conveyor import open_conveyor
from issuance.database import open_engine
from issuance.issue import Issued
from issuance.worker import Post, run_worker
from waitroom.line import open_line
from web.teller import tell


def run_pool(settings: WorkerSettings, workers: int) -> int:
    """Keep `workers` processes working until SIGTERM or SIGINT; the exit code to end with.

    SIGHUP replaces them in turn, where there are several.
    """
    if workers == 1:
        run_one(settings)
        return 0
    argv = (sys.executable, "-P", "-m", "cli", "worker", "--workers", "1")
    return supervise([Child(f"worker {n + 1}", argv) for n in range(workers)], rolling=True)


def run_one(settings: WorkerSettings) -> None:
    """Work in this process. A batch under way is finished before it ends."""
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="worker")
    conveyor = open_conveyor(settings.queue_redis_url, timeout_s=None)
    with asyncio.Runner() as runner:
        line = open_line(settings.REDIS_URL, connections_max=1)

        def tell_line(issued: Issued) -> None:
            runner.run(tell(line, issued))
            if settings.LOG_REQUESTS:
                runner.run(line.origins.forget(issued.code, list(issued.outcomes)))

        try:
            run_worker(Post(engine, tell_line), conveyor, queue=settings.QUEUE_NAME)
        finally:
            runner.run(line.aclose())
            conveyor.close()
            engine.dispose()
