"""A worker that is killed between its commit and its report. Started by a test, as a process."""

import os
import signal

from issuance.issue import Issued
from issuance.postgres.engine import open_engine
from issuance.queue.redis_connection import open_queue_redis
from issuance.queue.worker import WorkerContext, run_worker
from processes.settings.reader import read_settings
from processes.settings.worker import WorkerSettings


def die_instead(issued: Issued) -> None:
    assert issued.used_count > 0
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    settings = read_settings(WorkerSettings, os.environ)
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="worker")
    conveyor = open_queue_redis(settings.queue_redis_url, timeout_s=5)
    run_worker(WorkerContext(engine, die_instead), conveyor, queue=settings.QUEUE_NAME)
