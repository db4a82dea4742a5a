"""What must hold once the destination `counter` is planted; run in the copy."""

from __future__ import annotations

import asyncio

import pytest
from issuance.counter_rooms import create_counter_room
from sqlalchemy.exc import IntegrityError

from domain.room_settings import RoomSettings
from tests.house import WITHIN_S, eventually
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.line_cast import enter


async def test_members_of_its_rooms_are_admitted_to_it_by_their_order(house, line, engine, code):
    create_counter_room(engine, code, now() - HOUR, now() + HOUR, RoomSettings(rate_per_s=100))
    house.start("admitter")
    async with asyncio.timeout(WITHIN_S):
        while code not in await line.codes("counter"):  # noqa: ASYNC110 - an admitter puts it there
            await asyncio.sleep(0.05)

    await enter(line, code, ["alice", "bob"])

    eventually(lambda: "bob" in house.log.read_text())
    called = house.log.read_text()
    assert "called to the counter" in called
    assert called.index("alice") < called.index("bob")


def test_its_rooms_share_one_name_space_of_codes(engine, code):
    on_offer(engine, code, 1)

    with pytest.raises(IntegrityError, match="one_owner_per_code"):
        create_counter_room(engine, code, now() - HOUR, now() + HOUR, RoomSettings())
