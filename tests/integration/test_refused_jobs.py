"""What becomes of a refused job, and what somebody who writes to Redis can't tell a worker."""

from __future__ import annotations

import json
import os
import signal
import time
from threading import Timer

import pytest
import structlog
from rq.command import send_shutdown_command
from rq.suspension import suspend
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from issuance.queue.job_queue import JobQueue, JobQueueLimits, list_failed_jobs, read_queue_status
from issuance.queue.job_registry import Reason
from issuance.queue.worker import PoolWorker, WorkerContext, run_worker
from tests.integration.cast import on_offer
from tests.integration.job_cast import BOMB, TRAP, good_fields, packed, put

WITHIN_S = 60  # only a failure takes so long
OS_SYSTEM = {"data": packed("os.system", None, ["true"], {})}


@pytest.fixture
def foreign(code, queue_name):
    return good_fields(code, ["mallory"], queue_name) | OS_SYSTEM


def test_a_refused_job_is_logged_once_counted_and_out_of_the_queue(
    foreign,
    conveyor,
    queue_name,
    work_off,
):
    job_id = put(conveyor, queue_name, foreign)

    with structlog.testing.capture_logs() as logs:
        work_off()
        work_off()

    said = [one for one in logs if one["event"].startswith("refused a job")]
    assert [(one["job"], one["reason"]) for one in said] == [(job_id, "unknown_kind")]
    assert "os.system" not in str(said)
    crew = read_queue_status(conveyor, queue_name)
    assert (crew.backlog, crew.failed) == (0, 0)
    assert {reason: count for reason, count in crew.refused.items() if count} == {"unknown_kind": 1}
    assert 0 < conveyor.ttl(f"rq:job:{job_id}") <= 3_600


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (OS_SYSTEM, Reason.UNKNOWN_KIND),
        ({"data": BOMB}, Reason.TOO_LARGE),
        ({"data": b"x" * 3_000_000}, Reason.TOO_LARGE),
        ({"data": b"no json"}, Reason.UNREADABLE),
        ({"meta": '{"more": 1}'}, Reason.BAD_META),
        ({"success_callback_name": f"{TRAP}.spring"}, Reason.INSTRUCTIONS),
        ({"timeout": "-1"}, Reason.BAD_FIELD),
        ({"origin": "another"}, Reason.BAD_FIELD),
        ({"data": packed("issuance.worker.issue_batch", None, [], {})}, Reason.BAD_ARGUMENTS),
    ],
)
def test_a_job_is_counted_by_why_it_was_refused(
    fields,
    reason,
    code,
    conveyor,
    queue_name,
    work_off,
):
    put(conveyor, queue_name, good_fields(code, ["mallory"], queue_name) | fields)

    told = work_off()

    assert told == []
    assert {one: n for one, n in read_queue_status(conveyor, queue_name).refused.items() if n} == {
        reason: 1
    }


def test_what_is_in_the_queue_and_can_be_no_job_is_dropped(
    conveyor,
    queue_name,
    work_off,
    engine,
    code,
):
    on_offer(engine, code)
    conveyor.rpush(
        f"rq:queue:{queue_name}", b"\xff\xfe", "../../etc", "", "x" * 5_000, "a:b", "gone"
    )
    conveyor.rpush(f"rq:queue:{queue_name}:intermediate", b"\xff", "gone")
    conveyor.zadd(f"rq:wip:{queue_name}", {b"\xff": 1, b"no-such:job": 1, b"alone": 1})
    conveyor.sadd(WORKERS_BY_QUEUE_KEY % queue_name, b"\xff", "no-worker")
    conveyor.rpush("rq:job:a-list", "x")
    conveyor.rpush(f"rq:queue:{queue_name}", "a-list")
    JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits()).enqueue(code, ["alice"])

    assert work_off() == ["alice"]

    conveyor.delete("rq:job:a-list")
    refused = read_queue_status(conveyor, queue_name).refused
    assert (refused["bad_id"], refused["unreadable"]) == (6, 1)


def test_dependents_that_redis_names_are_not_followed(
    foreign,
    conveyor,
    queue_name,
    work_off,
    engine,
    code,
    sprung,
):
    on_offer(engine, code)
    waiting = put(conveyor, queue_name, foreign | {"status": "deferred"}, where="deferred")
    (good,) = JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits()).enqueue(code, ["alice"])
    conveyor.sadd(f"rq:job:{good}:dependents", waiting, b"\xff")

    assert work_off() == ["alice"]

    assert not sprung.exists()
    assert read_queue_status(conveyor, queue_name).backlog == 0


def test_desk_and_console_read_foreign_jobs_without_harm(
    foreign,
    conveyor,
    queue_name,
    code,
    sprung,
):
    for fields in (
        foreign,
        foreign | {"enqueued_at": b"\xff"},
        foreign | {"timeout": "x", "status": "x", "data": BOMB},
        foreign | {"failure_callback_name": f"{TRAP}.spring"},
    ):
        put(conveyor, queue_name, fields)
        put(conveyor, queue_name, fields, where="failed")
    ours = put(conveyor, queue_name, good_fields(code, ["alice"], queue_name), where="failed")
    conveyor.zadd(f"rq:failed:{queue_name}", {b"\xff": 2, "gone": 2})
    conveyor.sadd(WORKERS_BY_QUEUE_KEY % queue_name, b"\xff", "rq:worker:odd")
    conveyor.hset("rq:worker:odd", mapping={"last_heartbeat": "x", "pid": "x", "state": "busy"})
    desk = JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits())

    backlog, crew = desk.backlog(), read_queue_status(conveyor, queue_name)

    conveyor.delete("rq:worker:odd")
    assert list_failed_jobs(conveyor, queue_name, code) == [ours]
    assert (crew.workers, crew.busy, crew.backlog) == (1, 1, 4)
    assert backlog.oldest_s >= 0
    assert not sprung.exists()


@pytest.fixture
def work_until_told(conveyor, queue_name, engine, code, monkeypatch):
    """A worker that is sent SIGTERM after one batch, or when time is up; the members it told."""

    def run() -> list[str]:
        told: list[str] = []

        def stop_soon(issued) -> None:
            told.extend(issued.outcomes)
            os.kill(os.getpid(), signal.SIGTERM)

        on_offer(engine, code)
        monkeypatch.setattr(PoolWorker, "max_connection_wait_time", 0.1)
        late = Timer(WITHIN_S, os.kill, (os.getpid(), signal.SIGTERM))
        late.start()
        run_worker(WorkerContext(engine, stop_soon), conveyor, queue=queue_name)
        late.cancel()
        return told

    return run


@pytest.mark.usefixtures("handlers")
def test_a_worker_is_not_shut_down_by_a_message_in_redis(
    conveyor, queue_name, code, work_until_told
):
    """It waits for a job by then, and takes the next one."""
    heard = []

    def shut_down_and_feed():
        workers: list[bytes] = []
        until = time.monotonic() + WITHIN_S
        while not workers and time.monotonic() < until:
            time.sleep(0.05)
            found = conveyor.smembers(WORKERS_BY_QUEUE_KEY % queue_name)
            workers = [one for one in found if conveyor.hget(one, "state") == b"idle"]
        for worker in workers:
            name = worker.decode().removeprefix("rq:worker:")
            send_shutdown_command(conveyor, name)
            heard.append(conveyor.pubsub_numsub(f"rq:pubsub:{name}")[0][1])
        time.sleep(0.3)
        JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits()).enqueue(code, ["alice"])

    Timer(0, shut_down_and_feed).start()

    assert work_until_told() == ["alice"]
    assert heard == [0], "nobody hears RQ's commands"


@pytest.mark.usefixtures("handlers")
def test_workers_are_not_suspended_by_a_key_in_redis(conveyor, queue_name, code, work_until_told):
    suspend(conveyor)
    JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits()).enqueue(code, ["alice"])

    told = work_until_told()

    conveyor.delete("rq:suspended")
    assert told == ["alice"]


def test_what_the_release_before_wrote_into_the_queue_is_done(
    conveyor,
    queue_name,
    work_off,
    engine,
    code,
):
    on_offer(engine, code)
    meta = json.dumps({"origins": ["an-id 00-aa-bb-01"], "traceparent": "00-aa-bb-01"})
    put(conveyor, queue_name, good_fields(code, ["alice"], queue_name))
    put(conveyor, queue_name, good_fields(code, ["bob"], queue_name) | {"meta": meta})

    assert work_off() == ["alice", "bob"]


def test_a_job_of_another_deployment_is_refused_and_ours_is_done(
    conveyor, queue_name, work_off, engine, code
):
    """As where two share a queue by mistake; earlier releases do not say whose a job is."""
    on_offer(engine, code)
    for deployment, member in (("theirs", "mallory"), ("ours", "alice"), ("", "bob")):
        desk = JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits(), deployment=deployment)
        desk.enqueue(code, [member])

    told = work_off(deployment="ours")

    assert told == ["alice", "bob"]
    assert read_queue_status(conveyor, queue_name).refused["other_deployment"] == 1
