"""Worker: takes batches off the queue, issues them, and tells the line once it is committed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

import structlog
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from issuance.conveyor import Conveyor
from issuance.issue import Issued, issue

# A worker that was killed is still listed for this long.
WORKER_TTL_S = 60

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker's jobs work with: a connection, and whom to tell."""

    engine: Engine
    tell: Callable[[Issued], None]


# RQ calls a function by its name, with nothing but the job's arguments; this is where it finds
# what its process was given. One process is one worker.
_post: Post | None = None


def issue_batch(code: str, members: list[str]) -> None:
    """The job: issue, then tell. An exception leaves the batch to the rescue."""
    assert _post is not None, "issue_batch runs in a worker started by run_worker"
    issued = issue(_post.engine, code, members, datetime.now(UTC))
    # Only now: until the commit nobody may be told anything. Dying before this line is harmless:
    # the batch is fed again, and everybody gets the coupon they hold.
    _post.tell(issued)


class PoolWorker(SimpleWorker):
    """RQ's worker, back within seconds when Redis is; by itself it would rest up to a minute."""

    max_connection_wait_time = 2.0
    was_told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.was_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def run_worker(post: Post, redis: Conveyor, *, queue: str) -> None:
    """Work until SIGTERM or SIGINT; a batch under way is finished first."""
    global _post
    _post = post
    while True:
        worker: PoolWorker | None = None
        try:
            worker = PoolWorker(
                [Queue(queue, connection=redis, serializer=JSONSerializer)],
                connection=redis,
                serializer=JSONSerializer,
                exception_handlers=[_say_what_failed],
                worker_ttl=WORKER_TTL_S,
            )
            worker.work(logging_level="WARNING")
            return
        except RedisError as error:
            # RQ waits for a Redis that goes away while it waits for jobs, but not for one that is
            # away when it begins, or goes away while it files one. The batch is fed again.
            if worker is not None and worker.was_told_to_stop:
                return  # it could not take its leave of Redis; that it was here is soon forgotten
            log.warning("the queue is away; trying again", cause=repr(error))
        try:
            time.sleep(PoolWorker.max_connection_wait_time)
        except StopRequested:  # by RQ's handler of SIGTERM, which stays
            return


def _say_what_failed(
    _job: object, kind: type[BaseException], error: object, _trace: object
) -> bool:
    log.error("a batch failed; its members will be fed again", kind=kind.__name__, error=str(error))
    return True
