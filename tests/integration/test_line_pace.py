"""The told wait: from the measured pace alone, never trembling, and unknown where nobody knows."""

import asyncio
import time

import pytest

from tests.integration.cast import in_force
from tests.integration.line_cast import (
    HOUR_S,
    admit,
    crowd,
    enter,
    issue,
    time_passes,
    told_wait_s,
)
from waitroom.redis_io.keys import Keys

VISIT_EVERY_S = 0.05


class Simulation:
    """Admits every 50 ms and hears what the last in line is told; seats are freed in batches."""

    def __init__(self, line, code: str, last: str, *, freed_every_s: float = VISIT_EVERY_S) -> None:
        self.line, self.code, self.last = line, code, last
        self.freed_every_s = freed_every_s
        self.under_way: list[str] = []
        self.admitted = 0
        self.used_count = 0

    async def free(self) -> None:
        self.used_count += len(self.under_way)
        await issue(self.line, self.code, self.used_count, self.under_way)
        self.under_way = []

    async def run_until_told(self) -> None:
        """Until a wait is known, which takes two seconds, and longer where the machine is busy."""
        async with asyncio.timeout(30):
            while (await self.run(2.3))[-1][1] is None:
                pass

    async def run(self, seconds: float) -> list[tuple[float, int | None]]:
        """What was told, and after how many seconds."""
        told = []
        began_s = freed_s = time.monotonic()
        while (now_s := time.monotonic()) < began_s + seconds:
            if now_s >= freed_s + self.freed_every_s:
                await self.free()
                freed_s = now_s
            admission = await admit(self.line, self.code)
            self.under_way += admission.members
            self.admitted += len(admission.members)
            told.append((now_s - began_s, await told_wait_s(self.line, self.code, self.last)))
            await asyncio.sleep(VISIT_EVERY_S)
        return told


def never_rises(waits_s: list[int]) -> bool:
    return bool(waits_s) and waits_s == sorted(waits_s, reverse=True)


async def test_the_told_wait_is_unknown_for_two_seconds_then_right_and_never_rises(line, code):
    await in_force(line, code, rate_per_s=100, burst=100)
    members = crowd(3_000)
    await enter(line, code, members)

    told = await Simulation(line, code, members[-1]).run(3.5)

    assert {wait_s for after_s, wait_s in told if after_s < 1.9} == {None}
    known = [wait_s for _, wait_s in told if wait_s is not None]
    assert never_rises(known)
    assert known[0] == pytest.approx(2_700 / 100, rel=0.3)


async def test_the_told_wait_comes_from_what_was_measured_not_from_what_was_set(line, code):
    """It does not tremble either, though all are let through in batches, seven in five seconds."""
    await in_force(line, code, rate_per_s=10_000, burst=1, seats=70)
    members = crowd(4_500)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1], freed_every_s=0.7)

    told = await simulation.run(4.0)

    known = [wait_s for _, wait_s in told if wait_s is not None]
    measured_per_s = (simulation.admitted - 70) / 4.0
    assert never_rises(known)
    assert known[-1] == pytest.approx(4_100 / measured_per_s, rel=0.3)


async def test_idle_seconds_are_not_taken_for_slowness(line, code):
    await in_force(line, code, rate_per_s=100, burst=25)
    early, members = crowd(2_010)[:10], crowd(2_000)
    await enter(line, code, early)
    await admit(line, code)
    await admit(line, code)

    await time_passes(line, code, 4)
    await enter(line, code, members)
    told = await Simulation(line, code, members[-1]).run(2.5)

    known = [wait_s for _, wait_s in told if wait_s is not None]
    assert never_rises(known)
    assert known[0] == pytest.approx(1_800 / 100, rel=0.4)


async def test_a_stop_is_told_as_not_known_and_not_taken_for_slowness_afterwards(
    line, code, raw_redis
):
    await in_force(line, code, rate_per_s=100, burst=25)
    members = crowd(3_000)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1])
    await simulation.run_until_told()

    await time_passes(line, code, HOUR_S)
    while_nobody_admits = await told_wait_s(line, code, members[-1])
    after = await simulation.run(1.0)

    assert while_nobody_admits is None
    assert {wait_s for _, wait_s in after} == {None}
    told_per_s = float(await raw_redis.hget(Keys(code).bucket, "pace_told"))
    assert told_per_s == 0


async def test_while_all_seats_are_stuck_nobody_is_told_a_wait(line, code):
    await in_force(line, code, rate_per_s=100, burst=25, seats=500)
    members = crowd(3_000)
    await enter(line, code, members)
    simulation = Simulation(line, code, members[-1])
    await simulation.run_until_told()
    await in_force(line, code, version=2, rate_per_s=100, burst=25, seats=1)
    stuck = await admit(line, code)

    await time_passes(line, code, HOUR_S)
    still_stuck = await admit(line, code)

    assert (stuck.held_back_by, still_stuck.held_back_by) == ("seats", "seats")
    assert await told_wait_s(line, code, members[-1]) is None
