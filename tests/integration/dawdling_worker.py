"""A worker that takes a second to tell, so that a test can do something meanwhile."""

import os
import time

from issuance.issue import Issued
from issuance.postgres.engine import open_engine
from issuance.queue.redis_connection import open_queue_redis
from issuance.queue.worker import WorkerContext, run_worker
from processes.settings.reader import read_settings
from processes.settings.worker import WorkerSettings


def tell_slowly(issued: Issued) -> None:
    print("telling", *issued.outcomes, flush=True)
    time.sleep(1)


if __name__ == "__main__":
    settings = read_settings(WorkerSettings, os.environ)
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="worker")
    conveyor = open_queue_redis(settings.queue_redis_url, timeout_s=5)
    run_worker(WorkerContext(engine, tell_slowly), conveyor, queue=settings.QUEUE_NAME)
