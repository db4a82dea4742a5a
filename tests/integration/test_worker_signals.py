"""No handler of a signal raises in a worker: it ends what it holds, and then itself."""

import os
import signal
import time

import pytest
from rq.worker import WorkerStatus

from issuance.errors import OfficeAway
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.postgres import engine as database
from issuance.postgres.engine import open_engine
from issuance.queue.job_queue import JobQueue, JobQueueLimits, forget_queue
from issuance.queue.worker import PoolWorker, WorkerContext, run_worker
from tests.integration.cast import now, on_offer
from tests.tcp_proxy import proxied

STATES = (WorkerStatus.IDLE, WorkerStatus.BUSY, WorkerStatus.STARTED)


@pytest.fixture
def queue(conveyor, code):
    yield f"test-{code}"
    forget_queue(conveyor, f"test-{code}")


def feed(conveyor, queue: str, code: str, *members: str) -> None:
    JobQueue(conveyor, queue=queue, limits=JobQueueLimits()).enqueue(code, members)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_handler_raises_nothing_whatever_the_worker_does(
    conveyor, engine, queue, code, monkeypatch, state
):
    """Also when it is told twice: what it holds is finished."""
    on_offer(engine, code)
    feed(conveyor, queue, code, "alice")
    raised = []

    def told_meanwhile(worker: PoolWorker, _burst: bool) -> None:
        worker.set_state(state)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            try:
                signal.getsignal(number)(number, None)
            except BaseException as error:
                raised.append(error)
        PoolWorker.stop_requested = True

    monkeypatch.setattr(PoolWorker, "check_for_suspension", told_meanwhile)

    run_worker(WorkerContext(engine, lambda issued: None), conveyor, queue=queue)

    assert raised == []


@pytest.mark.usefixtures("handlers")
def test_a_batch_under_way_is_finished_and_no_alarm_is_set_meanwhile(conveyor, engine, queue, code):
    on_offer(engine, code)
    feed(conveyor, queue, code, "alice", "bob")
    told, alarms = [], []

    def tell(issued) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        alarms.append((signal.getsignal(signal.SIGALRM), signal.alarm(0)))
        told.extend(issued.outcomes)

    run_worker(WorkerContext(engine, tell), conveyor, queue=queue)

    assert told == ["alice", "bob"]
    assert sorted(list_holders(engine, code)) == ["alice", "bob"]
    assert alarms == [(signal.SIG_DFL, 0)]


@pytest.mark.usefixtures("handlers")
def test_what_the_loop_did_not_foresee_is_counted_and_does_not_end_the_worker(
    conveyor, engine, queue, monkeypatch
):
    rounds, failed = [], []

    def born(_worker: PoolWorker) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            PoolWorker.stop_requested = True
        raise ValueError("There exists an active worker with this name already")

    monkeypatch.setattr(PoolWorker, "register_birth", born)
    monkeypatch.setattr(PoolWorker, "max_connection_wait_time", 0.01)
    post = WorkerContext(engine, lambda issued: None, failed=lambda: failed.append(1))

    run_worker(post, conveyor, queue=queue)

    assert len(failed) == len(rounds) == 3


def test_a_postgres_that_stays_silent_is_given_up_in_time(engine, database_url, code):
    """A batch, and the asking of an idle connection: the server takes all, and answers nothing."""
    on_offer(engine, code)
    with proxied(database_url) as (postgres, url):
        silent = open_engine(url, connections_max=1, name="silent")
        issue(silent, code, ["alice"], now(), within_s=60)
        postgres.hang()

        began = time.monotonic()
        with pytest.raises(OfficeAway):
            issue(silent, code, ["bob"], now(), within_s=0.3)
        took_s = time.monotonic() - began
        postgres.mend()
        issue(silent, code, ["charlie"], now(), within_s=60)
        silent.dispose()

    assert took_s < 60  # it would be for ever
    assert "charlie" in list_holders(engine, code)


def test_an_idle_connection_that_stays_silent_is_replaced(engine, database_url, code, monkeypatch):
    on_offer(engine, code)
    monkeypatch.setattr(database, "PING_AFTER_S", 0.0)
    monkeypatch.setattr(database, "PING_WITHIN_S", 0.3)
    with proxied(database_url) as (postgres, url):
        silent = open_engine(url, connections_max=1, name="silent")
        issue(silent, code, ["alice"], now())
        monkeypatch.setattr(database, "CONNECT_TIMEOUT_S", 2)
        postgres.hang()

        with pytest.raises(OfficeAway):
            issue(silent, code, ["bob"], now())
        postgres.mend()
        silent.dispose()
