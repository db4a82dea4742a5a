"""A batch that was fed again is in the queue twice: what the first of its jobs decided stays so."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from application.apply_settings import apply_settings
from domain.issued_coupon import IssuedCoupon
from domain.refusals import Closed, SoldOut
from issuance import offers
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.queue import worker
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.tables import coupons, refusals
from processes.worker import make_worker_context
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.line_cast import (
    admit,
    enter,
    kinds,
)
from waitroom.line import open_line

LEASE_S = 0.05


@pytest.fixture
def desk(conveyor, queue):
    return JobQueue(conveyor, queue=queue.name, limits=JobQueueLimits())


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def own(redis_url, run):
    """In the loop of `run`, as a worker's line is."""
    line = open_line(redis_url, connections_max=1)
    yield line
    run(line.aclose())


@pytest.fixture
def feed(desk, code):
    """Queue these as one batch, as the admitter does."""

    def feed_batch(admitted: dict[str, int]) -> None:
        desk.enqueue(code, list(admitted), list(admitted.values()))

    return feed_batch


@pytest.fixture
def work(run_jobs, queue, engine, own, run):
    """So many jobs are done, by a worker as the command makes it."""

    def do(jobs: int, **changes) -> None:
        run_jobs(queue.name, replace(make_worker_context(own, engine, run), **changes), jobs)

    return do


def change(engine, code, **changes):
    def alter(offer):
        return offer.coupon.change(**changes), offer.settings

    return offers.change_offer(engine, code, alter, who="test", what="coupon changed", now=now())


def more_stock(engine, code, total):
    return change(engine, code, total_count=total)


def test_who_was_refused_gets_nothing_of_a_job_that_comes_later(
    own, run, engine, feed, queue, work, code
):
    """While the workers were away, two were let through for whom there is one coupon left."""
    run(apply_settings(own, on_offer(engine, code, total=2)))
    members = ["alice", "bob"]
    run(enter(own, code, members))
    admitted = run(admit(own, code, lease_s=LEASE_S)).by_member()
    run(apply_settings(own, more_stock(engine, code, 1)))
    for _ in range(2):
        feed(admitted)

    work(1)
    told = run(kinds(own, code, members))
    run(apply_settings(own, more_stock(engine, code, 2)))
    work(1)

    assert queue.count == 0
    assert told == ["issued", "refused"]
    assert run(kinds(own, code, members)) == told
    assert list_holders(engine, code) == ["alice"]


def test_a_refusal_is_final_from_its_commit_on_and_not_from_its_report(
    own, run, engine, feed, work, code
):
    """The worker dies in between, and stock is added before its batch is fed again."""
    run(apply_settings(own, on_offer(engine, code, total=2)))
    run(enter(own, code, ["alice", "bob"]))
    admitted = run(admit(own, code, lease_s=LEASE_S)).by_member()
    run(apply_settings(own, more_stock(engine, code, 1)))
    for _ in range(2):
        feed(admitted)

    work(1, report=lambda issued: None)
    told_before = run(kinds(own, code, ["bob"]))
    run(apply_settings(own, more_stock(engine, code, 2)))
    work(1)

    assert told_before == ["admitted"]
    assert run(kinds(own, code, ["alice", "bob"])) == ["issued", "refused"]
    assert list_holders(engine, code) == ["alice"]


def test_a_copy_of_a_batch_does_not_refuse_who_was_admitted_again(
    own, run, engine, feed, work, code
):
    run(apply_settings(own, on_offer(engine, code, total=2)))
    run(enter(own, code, ["alice", "bob"]))
    first = run(admit(own, code, lease_s=LEASE_S)).by_member()
    run(apply_settings(own, more_stock(engine, code, 1)))
    feed(first)
    work(1)
    run(apply_settings(own, more_stock(engine, code, 2)))
    run(enter(own, code, ["bob"]))
    again = run(admit(own, code, lease_s=LEASE_S)).by_member()

    for admitted in (first, again):
        feed(admitted)
    work(1)
    between = run(kinds(own, code, ["bob"]))
    work(1)

    assert between == ["admitted"]
    assert run(kinds(own, code, ["bob"])) == ["issued"]


def test_a_job_that_waits_for_the_coupon_sees_what_was_refused_meanwhile(engine, code):
    on_offer(engine, code, total=2)
    admissions = {"alice": now(), "bob": now()}
    with ThreadPoolExecutor() as pool:
        with engine.begin() as tx:
            query = select(coupons.c.id).where(coupons.c.code == code).with_for_update()
            coupon_id = tx.execute(query).scalar_one()
            later = pool.submit(
                issue, engine, code, list(admissions), admitted_at=list(admissions.values())
            )
            with pytest.raises(TimeoutError):
                later.result(timeout=0.5)
            bobs = {"member_id": "bob", "admitted_at": admissions["bob"], "slug": SoldOut.slug}
            tx.execute(insert(refusals).values(coupon_id=coupon_id, **bobs))
        issued = later.result(timeout=10)

    assert isinstance(issued.outcomes["bob"], SoldOut)
    assert list_holders(engine, code) == ["alice"]


def test_who_was_refused_and_enters_again_waits_for_their_turn(own, run, engine, feed, work, code):
    run(apply_settings(own, on_offer(engine, code, total=2)))
    run(enter(own, code, ["alice", "bob"]))
    admitted = run(admit(own, code, lease_s=LEASE_S)).by_member()
    run(apply_settings(own, more_stock(engine, code, 1)))
    feed(admitted)
    feed({"bob": admitted["bob"]})

    work(1)
    run(apply_settings(own, more_stock(engine, code, 2)))
    run(enter(own, code, ["bob"]))
    work(1)

    assert run(kinds(own, code, ["bob"])) == ["waiting"]
    assert list_holders(engine, code) == ["alice"]


def test_who_was_admitted_too_late_is_so_too_when_the_end_is_put_off(engine, code):
    offer = on_offer(engine, code)
    late = offer.coupon.expire_date

    first = issue(engine, code, ["alice"], admitted_at=[late])
    altered = change(engine, code, expire_date=late + HOUR)
    copy = issue(engine, code, ["alice"], admitted_at=[late])
    again = issue(engine, code, ["alice"], admitted_at=[late + HOUR / 2])

    assert altered.coupon.expire_date == late + HOUR
    assert isinstance(first.outcomes["alice"], Closed)
    assert isinstance(copy.outcomes["alice"], Closed)
    assert isinstance(again.outcomes["alice"], IssuedCoupon)


def test_of_members_who_are_enqueued_again_those_who_came_first_get_what_is_left(
    own, run, engine, feed, work, code
):
    """No worker took the first batches. Alice and Bob were enqueued a second time before the others
    were overdue, and then an admin lowered the stock.
    """
    run(apply_settings(own, on_offer(engine, code, total=4)))
    members = ["alice", "bob", "charlie", "dora"]
    run(enter(own, code, members))
    run(admit(own, code, at_most=2, lease_s=LEASE_S))
    run(asyncio.sleep(2 * LEASE_S))
    run(own.overdue(code, at_most=4, lease_s=8 * LEASE_S))
    run(admit(own, code, lease_s=LEASE_S))
    run(asyncio.sleep(9 * LEASE_S))
    run(apply_settings(own, more_stock(engine, code, 2)))

    feed(run(own.overdue(code, at_most=4, lease_s=60)))
    work(1)

    assert run(kinds(own, code, members)) == ["issued", "issued", "refused", "refused"]
    assert sorted(list_holders(engine, code)) == ["alice", "bob"]


def test_who_has_no_outcome_yet_gets_one_whichever_job_comes_first(
    own, run, engine, desk, work, code, monkeypatch
):
    """Also who is overdue by then, and whose worker died between the commit and the report."""
    run(apply_settings(own, on_offer(engine, code, total=3)))
    members = ["alice", "bob", "charlie"]
    run(enter(own, code, members))
    run(admit(own, code, lease_s=LEASE_S))
    run(asyncio.sleep(2 * LEASE_S))
    desk.enqueue(code, ["alice", "bob"])
    desk.enqueue(code, ["bob", "charlie"])
    dies = replace(make_worker_context(own, engine, run), report=lambda issued: None)
    monkeypatch.setattr(worker, "_context", dies)

    worker.issue_batch(code, ["alice"])
    work(2)

    assert run(kinds(own, code, members)) == ["issued"] * 3
    assert sorted(list_holders(engine, code)) == members
