"""The desk on a real queue: how much it takes, and what becomes of a batch that fails there."""

from __future__ import annotations

from functools import partial

import pytest

from domain.issued_coupon import IssuedCoupon
from issuance.issued_coupons import list_holders
from issuance.queue.job_queue import JobQueue, JobQueueLimits, forget_queue, list_failed_jobs
from issuance.queue.worker import WorkerContext
from tests.integration.cast import on_offer

LIMITS = JobQueueLimits(batch_max=10, backlog_max=3)


@pytest.fixture
def desk(conveyor, queue):
    return JobQueue(conveyor, queue=queue.name, limits=LIMITS)


@pytest.fixture
def work(run_jobs, queue):
    """What is in the queue is done, by a worker with this post."""
    return partial(run_jobs, queue.name)


def test_the_desk_takes_what_fits_into_its_backlog_and_no_more(desk):
    empty = desk.free_capacity()
    desk.enqueue("spring", [f"member-{n}" for n in range(15)])
    with_two_jobs = desk.free_capacity()
    desk.enqueue("spring", [f"member-{n}" for n in range(15, 50)])

    assert (empty, with_two_jobs, desk.free_capacity()) == (30, 10, 0)


def test_people_are_handed_on_in_their_order_a_batch_a_job(desk, queue):
    members = [f"member-{99 - n}" for n in range(25)]

    desk.enqueue("spring", members)

    batches = [job.args for job in queue.jobs]
    assert batches == [["spring", members[at : at + 10]] for at in (0, 10, 20)]


def test_a_job_says_when_its_members_were_let_through(desk, queue):
    members = [f"member-{n}" for n in range(25)]
    times_us = [7] * 10 + list(range(10)) + [8] * 5

    desk.enqueue("spring", members, times_us)
    desk.enqueue("spring", members[:1])

    assert [job.meta for job in queue.jobs] == [
        {"admitted_at_us": 7},
        {"admitted_at_us": list(range(10))},
        {"admitted_at_us": 8},
        {},
    ]
    assert {len(job.args) for job in queue.jobs} == {2}, "as workers of an earlier version read it"


def test_a_batch_that_failed_is_fed_again_whatever_the_queue_says_of_it(
    desk, queue, work, conveyor, engine, engine_away, code
):
    on_offer(engine, code)
    told: dict[str, object] = {}
    desk.enqueue(code, ["alice"])
    work(WorkerContext(engine_away, lambda issued: told.update(issued.outcomes)))
    failed, told_meanwhile = list_failed_jobs(conveyor, queue.name, code), dict(told)

    desk.enqueue(code, ["alice"])
    work(WorkerContext(engine, lambda issued: told.update(issued.outcomes)))

    assert (len(failed), told_meanwhile) == (1, {})
    assert isinstance(told.get("alice"), IssuedCoupon)
    assert list_holders(engine, code) == ["alice"]


def test_a_batch_that_was_lost_by_the_queue_is_fed_again(desk, queue, work, engine, code):
    on_offer(engine, code)
    desk.enqueue(code, ["alice"])
    queue.empty()

    desk.enqueue(code, ["alice"])
    work(WorkerContext(engine, lambda _: None))

    assert list_holders(engine, code) == ["alice"]


def test_when_the_line_is_told_postgres_has_committed(desk, work, engine, code):
    """Asked over another connection: what is not committed it can't see."""
    on_offer(engine, code, total=2)
    members = ["alice", "bob", "charlie"]
    seen: list[tuple[set[str], set[str]]] = []

    def look(issued):
        got = {who for who, what in issued.outcomes.items() if isinstance(what, IssuedCoupon)}
        seen.append((got, set(list_holders(engine, code))))

    desk.enqueue(code, members)
    work(WorkerContext(engine, look))

    assert seen == [({"alice", "bob"}, {"alice", "bob"})]


def test_nothing_is_left_of_a_queue_whose_worker_ended_between_taking_and_beginning(
    desk, queue, conveyor
):
    job_ids = desk.enqueue("spring", [f"member-{n}" for n in range(25)])
    # As RQ takes a job, before anything else is done about it.
    conveyor.lmove(queue.key, queue.intermediate_queue.key)
    gone_before = conveyor.lmove(queue.key, queue.intermediate_queue.key)
    conveyor.delete(f"rq:job:{gone_before.decode()}")

    forget_queue(conveyor, queue.name)

    assert list(conveyor.scan_iter(f"rq:*{queue.name}*", count=1_000)) == []
    assert not any(conveyor.exists(f"rq:job:{job_id}") for job_id in job_ids)
