"""Fair queue: one request takes a step in each turn of the event loop, of each sender in turn."""

from __future__ import annotations

import asyncio
import sys
from itertools import pairwise

import pytest

from web.limits.fair_queue import (
    STEP_EVERY_TURNS,
    SWITCH_INTERVAL_S,
    FairQueue,
    FairSteps,
    set_turn,
)


@pytest.fixture
async def fair() -> FairQueue:
    return FairQueue()


async def begun(fair: FairQueue, *asked: tuple[str, bool]) -> list[str]:
    """Whose requests began, in order, all of them having come at once."""
    order: list[str] = []

    async def request(sender: str, first: bool) -> None:
        if turn := fair.turn(sender, first=first):
            await turn
        order.append(sender)

    async with asyncio.timeout(5):
        await asyncio.gather(*(request(*one) for one in asked))
    return order


def many(sender: str, count: int = 100) -> list[tuple[str, bool]]:
    return [(sender, False)] * count


async def test_a_request_alone_begins_at_once(fair):
    assert fair.turn("alice") is None


async def test_everything_begins(fair):
    order = await begun(fair, *many("bot"), *many("other bot"), ("alice", False), ("admin", True))

    assert len(order) == 202


async def test_one_who_sends_many_does_not_keep_others_waiting(fair):
    order = await begun(fair, *many("bot"), ("alice", False), ("bob", False))

    assert max(order.index("alice"), order.index("bob")) <= 4


async def test_senders_take_turns(fair):
    order = await begun(fair, *many("bot"), *many("alice", 10))

    assert order[:22].count("alice") == 10


async def test_who_goes_first_waits_for_no_crowd(fair):
    crowd = [(f"member {number}", False) for number in range(100)]

    assert (await begun(fair, *crowd, ("admin", True))).index("admin") <= 3


async def test_who_goes_first_does_not_keep_all_others_waiting(fair):
    order = await begun(fair, *[("admin", True)] * 100, ("alice", False))

    assert order.index("alice") <= 3


async def test_one_begins_in_each_turn_of_the_loop(fair):
    turn, begun_in = 0, []

    async def request() -> None:
        if waiting := fair.turn("bot"):
            await waiting
        begun_in.append(turn)

    requests = [asyncio.create_task(request()) for _ in range(50)]
    while not all(one.done() for one in requests):
        turn += 1
        await asyncio.sleep(0)

    assert max(begun_in.count(one) for one in set(begun_in)) == 1


async def test_who_went_away_takes_nobodys_turn(fair):
    order: list[str] = []

    async def request(sender: str) -> None:
        if turn := fair.turn(sender):
            await turn
        order.append(sender)

    gone = [asyncio.create_task(request("gone")) for _ in range(50)]
    stays = [asyncio.create_task(request("stays")) for _ in range(5)]
    await asyncio.sleep(0)
    for one in gone:
        one.cancel()

    async with asyncio.timeout(5):
        await asyncio.gather(*stays)

    assert order.count("stays") == 5
    assert order.count("gone") <= 3


async def answered(fair: FairQueue, app, times: int = 1) -> list[BaseException | None]:
    """What each of so many requests of one sender to `app` ended with."""
    steps = FairSteps(app)

    async def request() -> None:
        scope = {"type": "http"}
        set_turn(scope, lambda: fair.turn("bot"))
        await steps(scope, None, None)

    async with asyncio.timeout(5):
        return await asyncio.gather(*(request() for _ in range(times)), return_exceptions=True)


async def test_what_all_of_them_wait_for_wakes_one_at_a_time_and_others_in_between(fair):
    loop = asyncio.get_running_loop()
    there, turn, stepped = loop.create_future(), [0], []

    def count_turns() -> None:
        turn[0] += 1
        handle[0] = loop.call_soon(count_turns)

    async def app(_scope, _receive, _send) -> None:
        await there
        stepped.append(turn[0])

    handle = [loop.call_soon(count_turns)]
    loop.call_later(0.05, there.set_result, None)
    await answered(fair, app, 40)
    handle[0].cancel()

    assert len(stepped) == 40
    assert min(after - before for before, after in pairwise(stepped)) == STEP_EVERY_TURNS


async def test_what_is_awaited_and_what_is_raised_comes_through(fair):
    got = []

    async def app(_scope, _receive, _send) -> None:
        await asyncio.sleep(0)
        got.append(await asyncio.to_thread(lambda: "of a thread"))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
        except TimeoutError:
            got.append("too late")
        raise ValueError("of the request")

    (ended,) = await answered(fair, app)

    assert got == ["of a thread", "too late"]
    assert isinstance(ended, ValueError)


async def test_a_request_that_is_cancelled_before_its_turn_learns_of_it():
    never, learned = asyncio.get_running_loop().create_future(), []

    async def app(_scope, _receive, _send) -> None:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            learned.append(True)
            raise

    scope = {"type": "http"}
    set_turn(scope, lambda: never)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(FairSteps(app)(scope, None, None), 0.1)

    assert learned == [True]


async def test_threads_get_the_interpreter_more_often_while_requests_take_steps(fair):
    before_s = sys.getswitchinterval()

    async def request() -> float:
        if turn := fair.turn("alice"):
            await turn
        return sys.getswitchinterval()

    during_s = await asyncio.gather(*(request() for _ in range(3)))
    for _ in range(2 * STEP_EVERY_TURNS):
        await asyncio.sleep(0)

    assert during_s == [pytest.approx(SWITCH_INTERVAL_S)] * 3
    assert sys.getswitchinterval() == before_s > SWITCH_INTERVAL_S
