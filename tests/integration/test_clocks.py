"""A host whose clock is off decides nothing: each decision has one clock, Redis' or Postgres'."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from application.apply_settings import apply_settings
from application.destinations.coupon.destination import CouponDestination
from application.report_outcomes import report_outcomes
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.issue import Issued
from issuance.issued_coupons import list_holders
from issuance.offers import Offer
from issuance.queue.job_queue import JobQueue, JobQueueLimits, read_queue_status
from issuance.queue.worker import WorkerContext
from tests.house import eventually
from tests.integration.cast import HOUR, in_force, now, on_offer
from tests.integration.line_cast import (
    crowd,
    enter,
    kinds,
)
from tests.off_clock import clock_off
from waitroom.admitter import Admitter
from waitroom.redis_io.keys import Keys

SOON = timedelta(seconds=0.8)
OFF_BY_S = [-300, -5, -1, -0.1, 0.1, 1, 5, 300]


@pytest.fixture
def desk(conveyor, queue) -> JobQueue:
    return JobQueue(conveyor, queue=queue.name, limits=JobQueueLimits(batch_max=50))


@pytest.fixture
def office(own, engine, desk, queue, run_jobs) -> Office:
    return Office(own, engine, desk, partial(run_jobs, queue.name))


class Office:
    """An admitter, and workers that do what is in the queue when they are told to."""

    def __init__(self, line, engine, desk, run_jobs) -> None:
        destination = CouponDestination(line, desk, lease_s=60)
        destination.is_open = True
        self._admitter = Admitter(line, destination)
        self._line, self._engine, self._run_jobs = line, engine, run_jobs
        self.done: list[Issued] = []

    async def admit(self, code: str, count: int) -> None:
        """Let people through until so many are under way."""
        while (await self._line.room_stats(code)).seats_in_use < count:
            await self._admitter.tick()
            await asyncio.sleep(0.01)

    async def work(self, off_by_s: float = 0.0) -> None:
        """The queue is done, by a worker whose clock is off by so many seconds."""
        self.work_off(off_by_s)  # in this thread: RQ handles signals
        while self.done:
            await report_outcomes(self._line, self.done.pop(0))

    def work_off(self, off_by_s: float) -> None:
        """The same, and nobody is told."""
        with clock_off(off_by_s):
            self._run_jobs(WorkerContext(self._engine, self.done.append))


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
async def test_a_lobby_is_served_whatever_a_workers_clock_says(own, engine, office, code, off_by_s):
    await apply_settings(own, on_offer(engine, code, total=20, opens_at=now() + SOON))
    members = crowd(10)
    await enter(own, code, members)

    await office.admit(code, 10)
    await office.work(off_by_s)

    assert await kinds(own, code, members) == ["issued"] * 10


async def test_an_opening_put_off_meanwhile_refuses_nobody_who_was_let_through(
    own, engine, office, code
):
    """While the workers are down; those behind them would get what those in front were refused."""
    room = RoomSettings(rate_per_s=10_000, burst=10_000, seats=147)
    await apply_settings(own, on_offer(engine, code, total=200, room=room))
    members = crowd(200)
    await enter(own, code, members)
    await office.admit(code, 147)
    opens_at = now() + SOON

    await apply_settings(own, put_off(engine, code, opens_at))
    await office.work()
    first = await kinds(own, code, members)
    await until(opens_at)
    await office.admit(code, 53)
    await office.work()

    assert first == ["issued"] * 147 + ["waiting"] * 53
    assert await kinds(own, code, members) == ["issued"] * 200


@pytest.mark.parametrize("off_by_s", [0, 5, 300])
async def test_the_end_is_decided_by_when_they_were_let_through(
    own, engine, office, code, off_by_s
):
    """No batch is refused that a batch behind it would be served in."""
    await apply_settings(own, on_offer(engine, code, total=20))
    await enter(own, code, crowd(10))
    await office.admit(code, 10)

    end_now(engine, code)
    await office.work(off_by_s)

    assert sorted(list_holders(engine, code)) == sorted(crowd(10))


@pytest.mark.parametrize("off_by_s", [-300, 300])
def test_a_job_that_does_not_say_when_is_judged_by_postgres_clock(
    engine, office, desk, code, off_by_s
):
    """As an admitter of an earlier version writes it."""
    on_offer(engine, code)
    desk.enqueue(code, ["alice"])
    later = f"{code}-later"
    on_offer(engine, later, opens_at=now() + HOUR / 60, expire_date=now() + HOUR)
    desk.enqueue(later, ["bob"])

    office.work_off(off_by_s)

    assert (list_holders(engine, code), list_holders(engine, later)) == (["alice"], [])


@pytest.mark.parametrize(("fed_off_by_s", "asked_off_by_s"), [(300, 0), (-300, 0), (0, 300)])
def test_how_long_a_job_has_waited_is_by_the_queues_own_clock(
    desk, conveyor, queue, code, fed_off_by_s, asked_off_by_s
):
    """Else an autopilot would steer by the clocks of two admitters."""
    with clock_off(fed_off_by_s):
        desk.enqueue(code, ["alice"])
    with clock_off(asked_off_by_s):
        ages_s = desk.backlog().oldest_s, read_queue_status(conveyor, queue.name).oldest_s

    assert all(0 < age_s < 20 for age_s in ages_s)


async def test_when_somebody_was_let_through_stays_known_under_a_new_lease(own, code):
    await in_force(own, code)
    await enter(own, code, ["alice", "bob", "charlie"])
    admission = await own.admit(code, at_most=3, lease_s=0.01)
    await asyncio.sleep(0.02)

    named = await own.overdue(code, at_most=3, lease_s=0.02)  # of another process' settings
    leased = await own.audit.lease(code, ["bob", "nobody", "alice"], for_s=0.01)
    await asyncio.sleep(0.02)
    again = await own.overdue(code, at_most=3, lease_s=60)

    assert admission.admitted_at_us > 0
    assert named == admission.by_member()
    assert list(named) == ["alice", "bob", "charlie"]
    assert leased == dict.fromkeys(("bob", "alice"), admission.admitted_at_us)
    assert again == named


async def test_whom_an_earlier_version_let_through_keeps_the_time_that_follows_from_their_lease(
    own, code, raw_redis
):
    await in_force(own, code)
    await enter(own, code, ["alice"])
    admission = await own.admit(code, at_most=1, lease_s=0.25)
    await raw_redis.delete(Keys(code).admissions)  # it wrote none
    await asyncio.sleep(0.3)

    named = await own.overdue(code, at_most=1, lease_s=0.25)
    await asyncio.sleep(0.3)
    again = await own.overdue(code, at_most=1, lease_s=0.25)

    assert abs(named["alice"] - admission.admitted_at_us) <= 2
    assert again == named


def put_off(engine, code, opens_at) -> Offer:
    return offers.change_offer(
        engine,
        code,
        lambda offer: (offer.coupon.change(opens_at=opens_at), offer.settings),
        who="test",
        what="put off",
        now=now(),
    )


def end_now(engine, code):
    def alter(offer):
        return offer.coupon.change(expire_date=now()), offer.settings

    return offers.change_offer(engine, code, alter, who="test", what="coupon changed", now=now())


async def until(time) -> None:
    await asyncio.sleep(max(0.0, (time - now()).total_seconds()) + 0.05)


def test_a_worker_process_that_is_behind_serves_the_whole_lobby(house, engine, code):
    house.start_web()
    house.start("admitter")
    house.start("worker", "--workers", "1", clock_off_by_s=-1)
    house.offer(code, total=20, opens_at=now() + timedelta(seconds=2))
    members = crowd(10)
    for member in members:
        assert house.member("POST", f"/api/rooms/{code}/enter", member)[0] == 202

    def states() -> set[str]:
        return {house.member("GET", f"/api/rooms/{code}/place", m)[1]["state"] for m in members}

    eventually(lambda: not states() & {"waiting", "admitted"})

    assert states() == {"issued"}
    assert sorted(list_holders(engine, code)) == sorted(members)
