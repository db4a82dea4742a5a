"""The told wait: from the measured pace alone, never trembling, and unknown where nobody knows."""

import pytest

from tests.given_clock import GivenClock
from tests.integration.cast import in_force
from tests.integration.line_cast import (
    HOUR_S,
    admit,
    crowd,
    enter,
    issue,
    told_wait_s,
)
from waitroom.redis_io.keys import Keys

VISIT_EVERY_S = 0.05
pytestmark = pytest.mark.usefixtures("redis_clock")


class Simulation:
    """Admits every 50 ms and hears what the last in line is told; seats are freed in batches."""

    def __init__(
        self, line, code: str, last: str, clock: GivenClock, freed_every_s: float = VISIT_EVERY_S
    ) -> None:
        self.line, self.code, self.last, self.clock = line, code, last, clock
        self.freed_every_s = freed_every_s
        self.under_way: list[str] = []
        self.admitted = 0
        self.used_count = 0

    async def free(self) -> None:
        self.used_count += len(self.under_way)
        await issue(self.line, self.code, self.used_count, self.under_way)
        self.under_way = []

    async def run(self, seconds: float) -> list[tuple[float, int | None]]:
        """What was told, and after how many seconds."""
        told = []
        visits_before_freed = round(self.freed_every_s / VISIT_EVERY_S)
        for visit in range(round(seconds / VISIT_EVERY_S)):
            if visit % visits_before_freed == 0:
                await self.free()
            admission = await admit(self.line, self.code)
            self.under_way += admission.members
            self.admitted += len(admission.members)
            wait_s = await told_wait_s(self.line, self.code, self.last)
            told.append((visit * VISIT_EVERY_S, wait_s))
            self.clock.advance(VISIT_EVERY_S)
        return told


def never_rises(waits_s: list[int]) -> bool:
    return bool(waits_s) and waits_s == sorted(waits_s, reverse=True)


async def test_the_told_wait_is_unknown_for_two_seconds_then_right_and_never_rises(
    line, code, redis_clock
):
    await in_force(line, code, rate_per_s=100, burst=100)
    members = crowd(3_000)
    await enter(line, code, members)

    told = await Simulation(line, code, members[-1], redis_clock).run(3.5)

    assert {wait_s for after_s, wait_s in told if after_s < 1.9} == {None}
    known = [wait_s for _, wait_s in told if wait_s is not None]
    assert never_rises(known)
    assert known[0] == pytest.approx(2_700 / 100, rel=0.3)


async def test_the_told_wait_comes_from_what_was_measured_not_from_what_was_set(
    line, code, redis_clock
):
    """It does not tremble either, though all are let through in batches, seven in five seconds."""
    await in_force(line, code, rate_per_s=10_000, burst=1, seats=70)
    members = crowd(4_500)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1], redis_clock, freed_every_s=0.7)

    told = await simulation.run(4.0)

    known = [wait_s for _, wait_s in told if wait_s is not None]
    measured_per_s = (simulation.admitted - 70) / 4.0
    assert never_rises(known)
    assert known[-1] == pytest.approx(4_100 / measured_per_s, rel=0.3)


async def test_idle_seconds_are_not_taken_for_slowness(line, code, redis_clock):
    await in_force(line, code, rate_per_s=100, burst=25)
    early, members = crowd(2_010)[:10], crowd(2_000)
    await enter(line, code, early)
    await admit(line, code)
    await admit(line, code)

    redis_clock.advance(4)
    await enter(line, code, members)
    told = await Simulation(line, code, members[-1], redis_clock).run(2.5)

    known = [wait_s for _, wait_s in told if wait_s is not None]
    assert never_rises(known)
    assert known[0] == pytest.approx(1_800 / 100, rel=0.4)


async def test_a_stop_is_told_as_not_known_and_not_taken_for_slowness_afterwards(
    line, code, raw_redis, redis_clock
):
    await in_force(line, code, rate_per_s=100, burst=25)
    members = crowd(3_000)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1], redis_clock)
    await simulation.run(2.3)

    redis_clock.advance(HOUR_S / 2)
    while_nobody_admits = await told_wait_s(line, code, members[-1])
    after = await simulation.run(1.0)

    assert while_nobody_admits is None
    assert {wait_s for _, wait_s in after} == {None}
    told_per_s = float(await raw_redis.hget(Keys(code).bucket, "pace_told"))
    assert told_per_s == 0


async def test_while_all_seats_are_stuck_nobody_is_told_a_wait(line, code, redis_clock):
    await in_force(line, code, rate_per_s=100, burst=25, seats=500)
    members = crowd(3_000)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1], redis_clock)
    await simulation.run(2.3)
    await in_force(line, code, version=2, rate_per_s=100, burst=25, seats=1)
    stuck = await admit(line, code)

    redis_clock.advance(HOUR_S / 2)
    still_stuck = await admit(line, code)

    assert (stuck.held_back_by, still_stuck.held_back_by) == ("seats", "seats")
    assert await told_wait_s(line, code, members[-1]) is None
