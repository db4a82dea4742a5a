"""A job is abandoned by the clock of the queue's Redis, not by those of the workers."""

from __future__ import annotations

from functools import partial

import pytest
from rq.executions import Execution

from issuance.queue.abandoned_jobs import fail_abandoned_jobs
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.queue.worker import PoolQueue, PoolWorker, WorkerJob
from tests.off_clock import clock_off


@pytest.fixture
def queue_of_workers(conveyor, queue) -> PoolQueue:
    return PoolQueue(queue.name, connection=conveyor, job_class=WorkerJob)


@pytest.fixture
def failed(conveyor, queue):
    return partial(conveyor.zcard, f"rq:failed:{queue.name}")


@pytest.fixture
def taken(conveyor, queue, queue_of_workers) -> WorkerJob:
    """A job that a worker has taken, and not begun."""
    JobQueue(conveyor, queue=queue.name, limits=JobQueueLimits()).enqueue("spring", ["alice"])
    job, _ = PoolQueue.dequeue_any(
        [queue_of_workers], None, connection=conveyor, job_class=WorkerJob
    )
    return job


def begin(job: WorkerJob, conveyor, queue, *, off_by_s: float) -> Execution:
    """Begin the job, in a worker with this clock."""
    with clock_off(off_by_s):
        worker = PoolWorker.for_queue(queue.name, conveyor)
        execution = worker.prepare_execution(job)
        worker.prepare_job_execution(job, remove_from_intermediate_queue=True)
    return execution


@pytest.mark.parametrize(("worker_s", "other_s"), [(-300, 0), (0, 300), (-300, 300)])
def test_a_running_job_is_not_abandoned_whatever_the_workers_clocks_read(
    conveyor, queue, queue_of_workers, taken, failed, worker_s, other_s
):
    begin(taken, conveyor, queue, off_by_s=worker_s)

    with clock_off(other_s):
        fail_abandoned_jobs(queue_of_workers, [])

    assert failed() == 0


@pytest.mark.parametrize("off_by_s", [-300, 300])
def test_a_job_whose_worker_has_died_is_abandoned(
    conveyor, queue, queue_of_workers, taken, failed, off_by_s
):
    execution = begin(taken, conveyor, queue, off_by_s=off_by_s)
    conveyor.pexpire(execution.key, 0)

    fail_abandoned_jobs(queue_of_workers, [])

    assert failed() == 1


def test_a_job_that_was_just_taken_is_not_abandoned_whichever_worker_looks(
    queue_of_workers, taken, failed
):
    with clock_off(-300):
        fail_abandoned_jobs(queue_of_workers, [])
    fail_abandoned_jobs(queue_of_workers, [])

    assert failed() == 0


def test_a_job_that_was_taken_long_ago_and_not_begun_is_abandoned(
    conveyor, queue_of_workers, taken, failed
):
    fail_abandoned_jobs(queue_of_workers, [])
    key = queue_of_workers.intermediate_queue.get_first_seen_key(taken.id)
    conveyor.set(key, int(conveyor.get(key)) - 61)

    fail_abandoned_jobs(queue_of_workers, [])

    assert failed() == 1
