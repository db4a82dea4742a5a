"""A batch that was fed again is in the queue twice: what the first of its jobs decided stays so."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from cli.worker import post_for
from issuance import catalogue, worker
from issuance.desk import Desk, DeskLimits
from issuance.issue import issue
from issuance.ledger import holders
from issuance.tables import coupons
from issuance.worker import PoolWorker
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import (
    admit,
    enter,
    kinds,
    nothing_stays,  # noqa: F401
)
from waitroom.line import open_line
from web.settling import settle

LEASE_S = 0.05


@pytest.fixture
def queue(conveyor):
    name = f"test-fed-again-{os.getpid()}"
    yield Queue(name, connection=conveyor, serializer=JSONSerializer)
    for key in conveyor.scan_iter(f"rq:*:{name}*", count=1_000):
        conveyor.delete(key)
    conveyor.srem("rq:queues", f"rq:queue:{name}")


@pytest.fixture
def desk(conveyor, queue):
    return Desk(conveyor, queue=queue.name, limits=DeskLimits())


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def own(redis_url, run):
    line = open_line(redis_url, connections_max=1)
    yield line
    run(line.aclose())


@pytest.fixture
def work(conveyor, queue, engine, own, run, monkeypatch):
    """So many jobs are done, by a worker as the command makes it."""

    def do(jobs: int) -> None:
        monkeypatch.setattr(worker, "_post", post_for(own, engine, run))
        monkeypatch.setattr(PoolWorker, "was_told_to_stop", False)
        PoolWorker.of_queue(queue.name, conveyor).work(burst=True, max_jobs=jobs)

    return do


def more_stock(engine, code, total):
    def alter(offer):
        return offer.coupon.change(total_count=total), offer.room

    return catalogue.change(engine, code, alter, who="test", what="coupon changed", now=now())


def test_who_was_refused_gets_nothing_of_a_job_that_comes_later(
    own, run, engine, desk, queue, work, code
):
    """While the workers were away, two were let through for whom there is one coupon left."""
    run(settle(own, on_offer(engine, code, total=2)))
    members = ["alice", "bob"]
    run(enter(own, code, members))
    run(admit(own, code, lease_s=LEASE_S))
    run(settle(own, more_stock(engine, code, 1)))
    for _ in range(2):
        desk.feed(code, members)

    work(1)
    told = run(kinds(own, code, members))
    run(settle(own, more_stock(engine, code, 2)))
    work(1)

    assert queue.count == 0
    assert told == ["issued", "refused"]
    assert run(kinds(own, code, members)) == told
    assert holders(engine, code) == ["alice"]


def test_a_job_that_waits_for_the_coupon_asks_once_it_has_it(engine, code):
    """Who holds the coupon meanwhile may be refusing these very members."""
    on_offer(engine, code, total=2)
    told: set[str] = set()
    with ThreadPoolExecutor() as pool:
        with engine.begin() as tx:
            tx.execute(select(coupons).where(coupons.c.code == code).with_for_update())
            later = pool.submit(issue, engine, code, ["alice", "bob"], refused=lambda: set(told))
            with pytest.raises(TimeoutError):
                later.result(timeout=0.5)
            told.add("bob")
        issued = later.result(timeout=10)

    assert list(issued.outcomes) == ["alice"]
    assert holders(engine, code) == ["alice"]


def test_who_was_refused_and_enters_again_waits_for_their_turn(own, run, engine, desk, work, code):
    run(settle(own, on_offer(engine, code, total=2)))
    run(enter(own, code, ["alice", "bob"]))
    run(admit(own, code, lease_s=LEASE_S))
    run(settle(own, more_stock(engine, code, 1)))
    desk.feed(code, ["alice", "bob"])
    desk.feed(code, ["bob"])

    work(1)
    run(settle(own, more_stock(engine, code, 2)))
    run(enter(own, code, ["bob"]))
    work(1)

    assert run(kinds(own, code, ["bob"])) == ["waiting"]
    assert holders(engine, code) == ["alice"]


def test_who_has_no_outcome_yet_gets_one_whichever_job_comes_first(
    own, run, engine, desk, work, code, monkeypatch
):
    """Also who is overdue by then, and whose worker died between the commit and the report."""
    run(settle(own, on_offer(engine, code, total=3)))
    members = ["alice", "bob", "charlie"]
    run(enter(own, code, members))
    run(admit(own, code, lease_s=LEASE_S))
    run(asyncio.sleep(2 * LEASE_S))
    desk.feed(code, ["alice", "bob"])
    desk.feed(code, ["bob", "charlie"])
    dies = replace(post_for(own, engine, run), tell=lambda issued: None)
    monkeypatch.setattr(worker, "_post", dies)

    worker.issue_batch(code, ["alice"])
    work(2)

    assert run(kinds(own, code, members)) == ["issued"] * 3
    assert sorted(holders(engine, code)) == members
