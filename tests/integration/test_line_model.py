"""The line against a plain model of it: whatever is done in whatever order, they agree."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.integration.cast import a_room
from tests.integration.line_cast import forget_room
from tests.integration.line_model import Model, Office, Room
from waitroom.admission import Outcome
from waitroom.line import Line, open_line
from waitroom.redis_io.keys import Keys

MEMBERS = [f"member-{n}" for n in (5, 4, 3, 2, 1)]

EXAMPLES_COUNT = 60

counts = st.sampled_from([4, 3, 2, 1, 0])
some = st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=6)
T = TypeVar("T")


class LineMachine(RuleBasedStateMachine):
    """Rates are far above what is done here: they are tested elsewhere."""

    loop: asyncio.AbstractEventLoop
    line: Line
    redis_url: str
    examples_count = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        total=st.integers(1, 6),
        seats=st.integers(1, 4),
        size_max=st.integers(2, 5),
        first=some,
        at_most=counts,
    )
    def begin(self, total: int, seats: int, size_max: int, first: list[str], at_most: int) -> None:
        self.code = f"t-{secrets.token_hex(5)}"
        self.model = Model(Room(total, seats, size_max))
        self.office = Office()
        self.reports: list[tuple[int, dict[str, str]]] = [(0, {})]
        self.settle(self.model.room, 0)
        self.enter(first)
        self.admit(at_most)

    def teardown(self) -> None:
        type(self).examples_count += 1
        if hasattr(self, "code"):
            forget_room(self.redis_url, self.code)

    def settle(self, room: Room, used_count: int) -> bool:
        values = {"seats": room.seats, "size_max": room.size_max, "state": room.state}
        made = a_room(self.code, room.total, room.version, used_count=used_count, **values)
        return self.run(self.line.apply_settings(made))

    @rule(members=some)
    def enter_all_at_once(self, members: list[str]) -> None:
        self.enter(members)

    def enter(self, members: list[str]) -> None:
        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(self.line.enter(self.code, one) for one in members))

        standings = self.run(all_at_once())

        expected = [self.model.enter(one) for one in members]
        assert [(s.kind, s.ahead) for s in standings] == expected

    @rule(member=st.sampled_from(MEMBERS))
    def leave(self, member: str) -> None:
        left = self.run(self.line.leave(self.code, member))

        assert left == self.model.leave(member)

    @rule(at_most=counts)
    def let_through(self, at_most: int) -> None:
        self.admit(at_most)

    def admit(self, at_most: int) -> None:
        admission = self.run(self.line.admit(self.code, at_most=at_most, lease_s=3_600))

        assert (admission.members, admission.held_back_by) == self.model.admit(at_most)
        if admission.members:
            assert len(self.model.admitted) <= self.model.room.seats
            # Nobody in vain: for each under way there is one, whatever has not been reported yet.
            assert len({*self.office.holders, *self.model.admitted}) <= self.model.room.total

    @precondition(lambda self: self.model.admitted)
    @rule(data=st.data(), told=st.booleans())
    def issue(self, data: st.DataObject, told: bool) -> None:
        """A worker commits a batch of the admitted; its report may come late, or never."""
        batch = data.draw(st.lists(st.sampled_from(self.model.admitted), min_size=1, unique=True))
        report = self.office.issue(batch, self.model.room.total)

        assert set(report[1].values()) == {"issued"}, "somebody was let through in vain"
        self.reports.append(report)
        if told:
            self.deliver(*report)

    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        """In any order, and as often as you like."""
        self.deliver(*data.draw(st.sampled_from(self.reports)))

    @rule(member=st.sampled_from(MEMBERS))
    def refuse(self, member: str) -> None:
        """Postgres found the coupon closed, say. The report may be of long ago: they lined up again
        meanwhile, or were fed again and got one.
        """
        if member not in self.office.holders or member not in self.model.admitted:
            self.deliver(0, {member: "refused"})

    def deliver(self, used_count: int, outcomes: dict[str, str]) -> None:
        told = {m: Outcome(kind, "text") for m, kind in outcomes.items()}  # type: ignore[arg-type]
        new = self.run(self.line.report(self.code, used_count, told))

        assert new == self.model.report(used_count, outcomes)

    @rule(
        more=st.integers(0, 2),
        seats=st.integers(1, 4),
        size_max=st.integers(1, 5),
        state=st.sampled_from(["open"] * 5 + ["draining"] * 2 + ["paused", "closed"]),
        knows=st.integers(0, 3),
    )
    def turn(self, more: int, seats: int, size_max: int, state: str, knows: int) -> None:
        """An admin changes the room, in a process that may have read Postgres a while ago."""
        room = self.model.room
        room = Room(room.total + more, seats, size_max, state, room.version + 1)
        used_count = max(0, len(self.office.holders) - knows)

        assert self.settle(room, used_count)
        assert not self.settle(replace(room, version=room.version - 1, state="closed"), 0)

        self.model.room = room
        self.model.used_count = max(self.model.used_count, used_count)

    @rule(members=some)
    def ask(self, members: list[str]) -> None:
        """All in one call; who does not ask is told nothing."""

        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(self.line.place(self.code, one) for one in members))

        standings = self.run(all_at_once())

        assert [(s.kind, s.ahead) for s in standings] == [self.model.standing(m) for m in members]
        assert standings[0].facts.waiting == len(self.model.waiting)
        assert standings[0].facts.remain_count == max(
            0, self.model.room.total - self.model.used_count
        )

    @invariant()
    def nobody_is_in_two_places_and_the_line_is_in_the_order_of_arrivals(self) -> None:
        async def look() -> tuple[
            list[bytes], list[bytes], dict[bytes, bytes], set[bytes], list[bytes]
        ]:
            k = Keys(self.code)
            redis = self.line._redis
            return (
                await redis.zrange(k.waiting, 0, -1),
                await redis.zrange(k.admitted, 0, -1),
                await redis.hgetall(k.arrivals),
                await redis.hkeys(k.outcomes),
                await redis.hkeys(k.away),
            )

        waiting, admitted, arrivals, outcomes, away = self.run(look())
        # The field that keeps each hash (lost_keys.lua).
        arrivals.pop(b"", None)
        outcomes, away = set(outcomes) - {b""}, set(away) - {b""}

        assert [member.decode() for member in waiting] == self.model.waiting
        assert [member.decode() for member in admitted] == self.model.admitted
        assert {member.decode() for member in away} == self.model.told
        assert arrivals.keys() == set(admitted)
        assert not set(waiting) & set(admitted)
        assert not set(outcomes) & {*waiting, *admitted}

    @invariant()
    def what_was_told_is_so(self) -> None:
        told = {m for m, kind in self.model.outcomes.items() if kind == "issued"}

        assert told <= set(self.office.holders)
        assert len(self.office.holders) <= self.model.room.total


def test_the_line_does_what_its_model_does(redis_url: str) -> None:
    loop = asyncio.new_event_loop()
    line = open_line(redis_url)
    given = {"loop": loop, "line": line, "redis_url": redis_url}
    machine: type[LineMachine] = type("Machine", (LineMachine,), given)

    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES_COUNT,
                stateful_step_count=50,
                deadline=None,
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
    finally:
        loop.run_until_complete(line.aclose())
        loop.close()

    assert machine.examples_count >= EXAMPLES_COUNT
