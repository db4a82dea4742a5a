import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from waitroom.batcher import Batcher
from waitroom.errors import LineAway, LineBusy


class Recorder:
    """A flush that answers each ask with `ask!`, once it is let go."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[list[str]] = []
        self.under_way = 0
        self.under_way_max = 0
        self.go = asyncio.Event()
        if not held:
            self.go.set()

    async def __call__(self, asks: Sequence[str]) -> list[str]:
        self.batches.append(list(asks))
        self.under_way += 1
        self.under_way_max = max(self.under_way_max, self.under_way)
        await self.go.wait()
        self.under_way -= 1
        return [ask + "!" for ask in asks]


async def soon(*answers: Awaitable[str]) -> list[str]:
    """All the answers; a test that fails is to end, too."""
    return await asyncio.wait_for(asyncio.gather(*answers), 2)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_calls_of_one_turn_are_one_batch_in_their_order():
    flush = Recorder()
    batcher = Batcher(flush)
    crowd = [f"member-{n}" for n in range(100)]

    answers = await soon(*(batcher.submit(one) for one in crowd))

    assert flush.batches == [crowd]
    assert answers == [one + "!" for one in crowd]


async def test_a_call_alone_is_answered():
    flush = Recorder()
    batcher = Batcher(flush)

    answers = [await soon(batcher.submit("alice")), await soon(batcher.submit("bob"))]

    assert answers == [["alice!"], ["bob!"]]
    assert flush.batches == [["alice"], ["bob"]]


async def test_while_a_batch_is_under_way_the_next_one_gathers():
    flush = Recorder(held=True)
    batcher = Batcher(flush)
    first = asyncio.create_task(batcher.submit("alice"))
    await turns()

    others = [asyncio.create_task(batcher.submit(name)) for name in ("bob", "charlie")]
    await turns()
    assert flush.batches == [["alice"]]
    flush.go.set()

    assert await soon(first, *others) == ["alice!", "bob!", "charlie!"]
    assert flush.batches == [["alice"], ["bob", "charlie"]]
    assert flush.under_way_max == 1


async def test_a_large_crowd_is_split_into_batches_one_after_the_other():
    flush = Recorder()
    batcher = Batcher(flush, batch_max=4)
    crowd = [str(n) for n in range(10)]

    answers = await soon(*(batcher.submit(one) for one in crowd))

    assert [len(batch) for batch in flush.batches] == [4, 4, 2]
    assert answers == [one + "!" for one in crowd]
    assert flush.under_way_max == 1


async def test_an_error_reaches_everybody_in_the_batch_and_nobody_after_it():
    async def flush(asks: Sequence[str]) -> list[str]:
        if "alice" in asks:
            raise LineAway
        return list(asks)

    batcher = Batcher(flush, batch_max=2)

    answers = await asyncio.gather(
        *(batcher.submit(name) for name in ("alice", "bob", "charlie")), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [LineAway, LineAway, str]
    assert await soon(batcher.submit("bob")) == ["bob"]


async def test_answers_that_are_too_few_fail_everybody_rather_than_keep_them_waiting():
    async def flush(asks: Sequence[str]) -> list[str]:
        return list(asks)[1:]

    batcher = Batcher(flush)

    async with asyncio.timeout(1):
        answers = await asyncio.gather(
            batcher.submit("alice"), batcher.submit("bob"), return_exceptions=True
        )

    assert [type(answer) for answer in answers] == [AssertionError, AssertionError]


async def test_who_goes_away_does_not_disturb_the_others():
    flush = Recorder(held=True)
    batcher = Batcher(flush)
    alice, bob, charlie = (
        asyncio.create_task(batcher.submit(name)) for name in ("alice", "bob", "charlie")
    )
    await turns()

    bob.cancel()
    await turns()
    flush.go.set()

    assert await soon(alice, charlie) == ["alice!", "charlie!"]
    assert bob.cancelled()
    assert await soon(batcher.submit("dora")) == ["dora!"]


async def test_who_goes_away_before_an_error_does_not_disturb_the_others():
    go = asyncio.Event()

    async def flush(asks: Sequence[str]) -> list[str]:
        await go.wait()
        raise LineAway

    batcher = Batcher(flush)
    alice, bob = (asyncio.create_task(batcher.submit(name)) for name in ("alice", "bob"))
    await turns()

    alice.cancel()
    await turns()
    go.set()

    with pytest.raises(LineAway):
        await soon(bob)


async def test_when_the_work_is_cancelled_nobody_is_left_waiting():
    flush = Recorder(held=True)
    batcher = Batcher(flush)
    alice = asyncio.create_task(batcher.submit("alice"))
    await turns()

    assert batcher._task is not None
    batcher._task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await soon(alice)
    flush.go.set()
    assert await soon(batcher.submit("bob")) == ["bob!"]


async def test_beyond_its_limit_it_says_that_it_is_busy_and_serves_the_others():
    flush = Recorder(held=True)
    batcher = Batcher(flush, pending_max=2)
    first = asyncio.create_task(batcher.submit("under way"))
    await turns()
    waiting = [asyncio.create_task(batcher.submit(name)) for name in ("alice", "bob")]
    await turns()

    with pytest.raises(LineBusy):
        await soon(batcher.submit("charlie"))

    flush.go.set()
    assert await soon(first, *waiting) == ["under way!", "alice!", "bob!"]
    assert await soon(batcher.submit("charlie")) == ["charlie!"]
