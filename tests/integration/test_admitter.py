"""The admitter: seats first, nobody twice, nobody lost, whatever dies in between."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path

import pytest

from tests.house import eventually
from tests.integration.cast import in_force
from tests.integration.line_cast import (
    LineOf,
    admit,
    crowd,
    enter,
    forget_room,
    issue,
    kinds,
)
from waitroom.admitter import Admitter
from waitroom.lease_admission import LeaseAdmission

ROOT = Path(__file__).parents[2]


class Away(Exception):
    """A destination that can't be reached."""


class Destination:
    """Takes `seats` people at a time and remembers them; while it is away it takes nobody."""

    kind = "coupon"

    def __init__(self, line: LineOf, seats: int = 1_000_000, lease_s: float = 15.0) -> None:
        self.seats = seats
        self.admit = LeaseAdmission(line, self, lease_s=lease_s).admit
        self.fed: list[tuple[str, list[str]]] = []
        self.is_away = False

    async def free_capacity(self) -> int:
        return self.seats

    async def feed(self, code: str, members: Sequence[str]) -> None:
        if self.is_away:
            raise Away
        self.fed.append((code, list(members)))

    @property
    def members(self) -> list[str]:
        return [member for _, members in self.fed for member in members]


@contextmanager
def process(redis_url: str, code: str, path: Path, *words: str) -> Iterator[subprocess.Popen]:
    module = "tests.integration.recording_admitter"
    argv = [sys.executable, "-m", module, redis_url, code, str(path), *words]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


async def test_the_admitted_are_fed_in_the_order_they_came(own, code):
    await in_force(own, code)
    members = crowd(50)
    await enter(own, code, members)
    destination = Destination(own)

    await Admitter(own, destination).tick()

    assert destination.fed == [(code, members)]
    assert await kinds(own, code, members) == ["admitted"] * 50


async def test_seats_are_counted_before_anybody_is_let_through(own, code):
    await in_force(own, code)
    members = crowd(5)
    await enter(own, code, members)
    destination = Destination(own, seats=3)
    admitter = Admitter(own, destination)

    await admitter.tick()
    destination.seats = 0
    await admitter.tick()

    assert destination.fed == [(code, members[:3])]
    assert await kinds(own, code, members) == ["admitted"] * 3 + ["waiting"] * 2


async def test_where_nobody_knows_the_seats_nobody_is_let_through(own, code):
    class Unknown(Destination):
        async def free_capacity(self) -> int:
            raise Away

    await in_force(own, code)
    await own.enter(code, "alice")

    with pytest.raises(Away):
        await Admitter(own, Unknown(own)).tick()

    assert await kinds(own, code, ["alice"]) == ["waiting"]


async def test_all_rooms_are_served_share_the_seats_and_take_turns_to_be_first(redis_url, code):
    rooms = [f"{code}-a", f"{code}-b", f"{code}-c"]
    async with aclosing(LineOf(redis_url, *rooms)) as line:
        for room in rooms:
            await in_force(line, room)
            await enter(line, room, crowd(9))
        destination = Destination(line, seats=10)
        admitter = Admitter(line, destination)

        for _ in rooms:
            await admitter.tick()

    for room in rooms:
        assert [m for code, members in destination.fed if code == room for m in members] == crowd(9)
        forget_room(redis_url, room)


async def test_seats_that_never_suffice_for_all_rooms_are_not_one_rooms_alone(redis_url, code):
    rooms = [f"{code}-a", f"{code}-b"]
    async with aclosing(LineOf(redis_url, *rooms)) as line:
        for room in rooms:
            await in_force(line, room)
            await enter(line, room, crowd(9))
        destination = Destination(line, seats=2)
        admitter = Admitter(line, destination)

        for _ in rooms:
            await admitter.tick()

    assert sorted(room for room, _ in destination.fed) == rooms
    for room in rooms:
        forget_room(redis_url, room)


async def test_the_rest_is_short_while_people_move_and_long_while_nobody_does(own, code):
    await in_force(own, code, rate_per_s=0.1, burst=2)
    admitter = Admitter(own, Destination(own), rest_s=0.01, idle_rest_s=0.5)

    rests = [await admitter.tick()]
    await enter(own, code, ["alice", "bob", "charlie"])
    rests += [await admitter.tick(), await admitter.tick()]
    await own.leave(code, "charlie")
    rests += [await admitter.tick()]

    assert rests == [0.5, 0.01, 0.01, 0.5]


async def test_a_destination_that_fails_after_the_admission_loses_nobody(redis_clock, own, code):
    await in_force(own, code)
    members = crowd(20)
    await enter(own, code, members)
    destination = Destination(own, lease_s=0.5)
    destination.is_away = True
    admitter = Admitter(own, destination)

    with pytest.raises(Away):
        await admitter.tick()
    destination.is_away = False
    for _ in range(2):
        await admitter.tick()
    before_the_lease_is_over = destination.members
    redis_clock.advance(0.6)
    await admitter.tick()

    assert before_the_lease_is_over == []
    assert destination.fed == [(code, members)]


async def test_a_rescue_that_fails_is_tried_again_in_the_same_order(redis_clock, own, code):
    await in_force(own, code)
    members = crowd(20)
    await enter(own, code, members)
    destination = Destination(own, lease_s=0.1)
    destination.is_away = True
    admitter = Admitter(own, destination)

    for _ in range(3):
        with pytest.raises(Away):
            await admitter.tick()
        redis_clock.advance(0.15)
    destination.is_away = False
    await admitter.tick()

    assert destination.fed == [(code, members)]


async def test_the_overdue_come_before_newcomers_and_take_seats_too(redis_clock, own, code):
    await in_force(own, code)
    await enter(own, code, ["bob", "alice"])
    await admit(own, code, lease_s=0.01)
    await enter(own, code, ["charlie", "dora"])
    redis_clock.advance(0.02)
    destination = Destination(own, seats=3)

    await Admitter(own, destination).tick()

    assert destination.fed == [(code, ["bob", "alice"]), (code, ["charlie"])]


async def test_who_was_fed_is_filed_until_the_outcome(redis_clock, own, code):
    """Whatever has become of what they were fed to: it may have forgotten them."""
    await in_force(own, code)
    await enter(own, code, ["alice", "bob"])
    destination = Destination(own, lease_s=0.05)
    admitter = Admitter(own, destination)

    await admitter.tick()
    redis_clock.advance(0.06)
    await admitter.tick()

    assert destination.fed == [(code, ["alice", "bob"])] * 2
    assert (await own.room_stats(code)).seats_in_use == 2


async def test_who_has_an_outcome_is_not_fed_again(redis_clock, own, code):
    await in_force(own, code)
    await enter(own, code, ["alice", "bob"])
    await admit(own, code, lease_s=0.01)
    await issue(own, code, 1, ["alice"])
    redis_clock.advance(0.02)
    destination = Destination(own)

    await Admitter(own, destination).tick()

    assert destination.members == ["bob"]


async def test_an_admitter_killed_between_admission_and_feeding_loses_nobody(
    own, redis_url, code, tmp_path
):
    await in_force(own, code)
    members = crowd(300)
    await enter(own, code, members)

    with process(redis_url, code, tmp_path / "fed", "0.5", "die") as doomed:
        died = await asyncio.to_thread(doomed.wait, 30)
    filed = await kinds(own, code, members)
    destination = Destination(own)
    await asyncio.sleep(0.5)
    await Admitter(own, destination).tick()

    assert died == -9
    assert not (tmp_path / "fed").exists()
    assert filed == ["admitted"] * 300
    assert destination.fed == [(code, members)]


def written(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


async def test_two_admitters_at_once_keep_to_one_rate_and_never_admit_anybody_twice(
    own, redis_url, code, tmp_path
):
    rate_per_s, burst, lasts_s = 200, 50, 2
    await in_force(own, code, total=100_000)
    members = crowd(4_000)
    await enter(own, code, members)
    room = {"total": 100_000, "rate_per_s": rate_per_s, "burst": burst}
    await in_force(own, code, version=2, **room, state="paused")

    paths = [tmp_path / "one", tmp_path / "other"]
    with ExitStack() as stack:
        admitters = [stack.enter_context(process(redis_url, code, p, "60")) for p in paths]
        for running in admitters:
            assert await asyncio.to_thread(running.stdout.readline) == "admitting\n"
        began = await own.measure_clock()
        await in_force(own, code, version=3, **room)
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(eventually, lambda: all(written(path) for path in paths))
        await in_force(own, code, version=4, **room, state="paused")
        ended = await own.measure_clock()
        admitted = (await own.room_stats(code)).admitted
        await asyncio.to_thread(eventually, lambda: sum(map(len, map(written, paths))) >= admitted)

    fed = [written(path) for path in paths]
    everybody = fed[0] + fed[1]
    assert all(fed)
    assert len(everybody) == len(set(everybody))
    assert all(part == sorted(part, reverse=True) for part in fed)
    assert sorted(everybody, reverse=True) == members[: len(everybody)]
    # By Redis' clock, however busy the machine is.
    assert burst < len(everybody) <= burst + rate_per_s * (ended - began).total_seconds()
