"""A failover loses that members read `sold_out`: they left, and get no coupon without asking."""

from __future__ import annotations

from contextlib import closing

import pytest
from redis import Redis

from domain.coupon import Coupon
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.offers import Offer
from tests.integration.cast import now
from tests.integration.failover_cast import RedisPair, close_all, look_after, start_pair
from tests.integration.line_cast import enter, kinds
from tests.integration.web_cast import in_line, serve
from waitroom.redis_io.keys import Keys

ROOM = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=30)
EARLY = [f"early-{n}" for n in range(9, -1, -1)]


def add_stock(offer: Offer) -> tuple[Coupon, None]:
    coupon = offer.coupon
    return coupon.change(total_count=coupon.inventory.total_count + 3), None


@pytest.fixture
async def pair(code):
    with closing(start_pair()) as started:
        made = RedisPair(*next(started), code)
        made.follow()
        yield made
        await close_all(made)


async def test_nobody_who_read_that_it_is_sold_out_gets_one_when_there_is_more(pair, engine, code):
    """The failover lost that they read it: they stand in the line that survives."""
    await in_line(pair.line, engine, code, total=2, room=ROOM)
    await enter(pair.line, code, EARLY)
    with Redis.from_url(pair.primary.url) as redis:
        for member in EARLY:  # they arrived a minute ago
            redis.zincrby(Keys(code).waiting, -60_000_000, member)
    await look_after(pair.line, engine, code)
    pair.lose_from_now_on()
    served = await serve(pair.line, engine, code, 2)
    told = await kinds(pair.line, code, EARLY[2:5])

    line = pair.fail_over()
    await look_after(line, engine, code)
    pair.set_back("told_until", 3)  # members who ask now do so later than that
    asked = await kinds(line, code, EARLY[5:7])
    offers.change_offer(engine, code, add_stock, who="an admin", what="more stock", now=now())
    await look_after(line, engine, code)
    asked_again = await kinds(line, code, EARLY[5:7])
    issued = await serve(line, engine, code)
    back = await line.place(code, EARLY[3])

    assert (served, told, asked) == (tuple(EARLY[:2]), ["sold_out"] * 3, ["sold_out"] * 2)
    assert asked_again == ["waiting"] * 2
    assert issued == tuple(EARLY[5:7])
    assert (back.kind, back.ahead) == ("waiting", 0)
