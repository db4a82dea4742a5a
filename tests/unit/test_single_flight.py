"""What is costly to make is made once for everyone who asks for it."""

import asyncio

import pytest

from web.cache.compressed import accepts_encoding, accepts_gzip
from web.cache.single_flight import SingleFlightCache


class Maker:
    """Counts how often it makes something, which takes until it is let go."""

    def __init__(self) -> None:
        self.made = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        await self.may_end.wait()
        return self.made


async def test_all_who_come_while_it_is_made_share_it():
    readings, maker = SingleFlightCache(), Maker()
    asked = [asyncio.create_task(readings.get("key", maker)) for _ in range(100)]
    await asyncio.sleep(0)

    maker.may_end.set()

    assert await asyncio.gather(*asked) == [1] * 100
    assert await readings.get("key", maker) == 1
    assert await readings.get("another", maker) == 2


async def test_it_is_made_anew_when_it_is_too_old():
    now = 0.0
    readings, maker = SingleFlightCache(clock=lambda: now), Maker()
    maker.may_end.set()

    assert await readings.get("key", maker, fresh_s=1) == 1
    now = 0.9
    assert await readings.get("key", maker, fresh_s=1) == 1
    now = 1.0
    assert await readings.get("key", maker, fresh_s=1) == 2


async def test_the_caller_who_began_it_may_go_away():
    readings, maker = SingleFlightCache(), Maker()
    first, second = (asyncio.create_task(readings.get("key", maker)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    maker.may_end.set()

    assert await second == 1
    assert first.cancelled()


async def test_an_error_reaches_everyone_and_is_not_kept():
    readings, attempts = SingleFlightCache(), 0

    async def fails_at_first() -> str:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0)
        if attempts == 1:
            raise OSError("away")
        return "back"

    failed = await asyncio.gather(
        *(readings.get("key", fails_at_first) for _ in range(3)), return_exceptions=True
    )

    assert [str(one) for one in failed] == ["away"] * 3
    assert await readings.get("key", fails_at_first) == "back"


async def test_only_so_many_are_kept():
    readings, maker = SingleFlightCache(kept_max=2), Maker()
    maker.may_end.set()

    for key in ("a", "b", "c", "c", "b"):
        await readings.get(key, maker)
    assert maker.made == 3
    await readings.get("a", maker)
    assert maker.made == 4


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("identity, *;q=0", False),
        ("gzipped", False),
    ],
)
def test_who_accepts_gzip(header, accepts):
    assert accepts_gzip(header) is accepts


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip, br", True),
        ("*;q=0.1", True),
        ("gzip", False),
        ("br;q=0, *", False),
        ("brotli", False),
    ],
)
def test_who_accepts_brotli(header, accepts):
    assert accepts_encoding(header, "br") is accepts
