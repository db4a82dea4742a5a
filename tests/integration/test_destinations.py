"""Rooms lead to destinations by their kind; one that takes nobody keeps no other kind waiting."""

from dataclasses import replace

import pytest
from redis import Redis

from tests.integration.cast import a_room, in_force
from tests.integration.line_cast import enter, forget_room, kinds
from waitroom.admitter import AdmissionStep, Admitter
from waitroom.redis_io.keys import ROOMS, rooms_key

# No release has rooms of this kind.
KIND = "ferry"


class Ferry:
    """A destination that leases no seats: it takes members as they are admitted."""

    kind = KIND

    def __init__(self, line) -> None:
        self._line = line
        self.taken: dict[str, list[str]] = {}

    async def free_capacity(self) -> int:
        return 100

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        admission = await self._line.admit(code, at_most=at_most, lease_s=60)
        self.taken.setdefault(code, []).extend(admission.members)
        return AdmissionStep(len(admission.members), admission.held_back_by == "rate")


class ClosedOffice(Ferry):
    """The coupon office while Postgres is unreachable."""

    kind = "coupon"

    async def free_capacity(self) -> int:
        return 0


@pytest.fixture
async def at_the_quay(line, redis_url, code):
    """The code of a room that leads to the ferry."""
    room = f"{code}-quay"
    await line.apply_settings(replace(a_room(room), kind=KIND))
    yield room
    forget_room(redis_url, room)
    with Redis.from_url(redis_url) as redis:
        redis.delete(rooms_key(KIND))


async def test_a_destination_that_takes_nobody_keeps_no_room_of_another_kind_waiting(
    line, code, at_the_quay
):
    await in_force(line, code)
    for room in (code, at_the_quay):
        await enter(line, room, ["alice", "bob"])
    office, ferry = ClosedOffice(line), Ferry(line)

    for destination in (office, ferry):
        await Admitter(line, destination).tick()

    assert office.taken == {}
    assert ferry.taken == {at_the_quay: ["alice", "bob"]}
    assert await kinds(line, code, ["alice", "bob"]) == ["waiting", "waiting"]


async def test_an_admitter_of_the_release_before_sees_no_room_of_another_kind(
    line, redis_url, code, at_the_quay
):
    await in_force(line, code)

    with Redis.from_url(redis_url) as redis:
        seen_before = {room.decode() for room in redis.smembers(ROOMS)}

    assert (code in seen_before, at_the_quay in seen_before) == (True, False)
    assert await line.codes(KIND) == [at_the_quay]
    assert at_the_quay not in await line.codes("coupon")
