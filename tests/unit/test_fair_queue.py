"""Fair start: one request begins in each turn of the event loop, of one sender after the other."""

from __future__ import annotations

import asyncio

import pytest

from web.middleware.fair_queue import FairQueue


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
