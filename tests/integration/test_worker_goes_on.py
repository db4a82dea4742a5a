"""A worker works until it is told to stop, whatever RQ leaves its loop at."""

from __future__ import annotations

import os
import signal
from threading import Timer

import pytest
from redis import exceptions
from rq.worker import WorkerStatus

from issuance.queue.job_queue import forget_queue
from issuance.queue.worker import PoolWorker, WorkerContext, run_worker

SURPRISES = (
    exceptions.ResponseError("LOADING Redis is loading the dataset in memory"),
    exceptions.TimeoutError("Timeout reading from socket"),
)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("surprise", SURPRISES, ids=["an error", "a timeout"])
def test_a_worker_that_nobody_told_to_stop_goes_on(conveyor, engine, code, monkeypatch, surprise):
    rounds: list[PoolWorker] = []

    def surprised_once(worker: PoolWorker, _burst: bool) -> None:
        rounds.append(worker)
        if len(rounds) == 1:
            raise surprise
        worker.request_stop(signal.SIGTERM, None)

    monkeypatch.setattr(PoolWorker, "check_for_suspension", surprised_once)
    monkeypatch.setattr(PoolWorker, "max_connection_wait_time", 0.01)

    run_worker(WorkerContext(engine, lambda issued: None), conveyor, queue=f"test-{code}")

    forget_queue(conveyor, f"test-{code}")
    assert len(rounds) == 2


@pytest.mark.usefixtures("handlers")
def test_one_that_is_told_to_stop_between_two_tries_ends(conveyor, engine, code, monkeypatch):
    """By the handler of the worker before, which held a batch when Redis went."""
    rounds: list[PoolWorker] = []

    def surprised_while_busy(worker: PoolWorker, _burst: bool) -> None:
        rounds.append(worker)
        if len(rounds) == 1:
            worker.set_state(WorkerStatus.BUSY)
            Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
            raise SURPRISES[0]
        worker.set_state(WorkerStatus.IDLE)
        worker.request_stop(signal.SIGTERM, None)

    monkeypatch.setattr(PoolWorker, "check_for_suspension", surprised_while_busy)
    monkeypatch.setattr(PoolWorker, "max_connection_wait_time", 0.5)

    run_worker(WorkerContext(engine, lambda issued: None), conveyor, queue=f"test-{code}")

    forget_queue(conveyor, f"test-{code}")
    assert len(rounds) == 1
