"""What tests of a lost line do: lose it, let the admitter come by, turn its clock."""

from __future__ import annotations

import pytest
from redis import Redis

from domain.room_settings import RoomSettings
from issuance import catalogue
from tests.integration.line_cast import forget_room
from waitroom.keys import Keys
from web.restoring import look_after
from web.settling import settle

HASTE = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=0)


@pytest.fixture
def comes_by(line, engine, code):
    """What the admitter does every second."""

    async def settle_and_look_after(times: int = 1) -> None:
        for _ in range(times):
            offer = catalogue.offer(engine, code)
            await settle(line, offer)
            await look_after(line, engine, offer)

    return settle_and_look_after


@pytest.fixture
def lose_all(redis_url, code):
    return lambda: forget_room(redis_url, code)


@pytest.fixture
def set_back(redis_url, code):
    """As if something in the room's hash had been written so many seconds earlier."""

    def earlier(field: str, seconds: int) -> None:
        with Redis.from_url(redis_url) as redis:
            redis.hincrby(Keys(code).room, field, -seconds * 1_000_000)

    return earlier
