"""A host whose clock is off decides nothing: Postgres' clock and Redis' do."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from application.apply_settings import apply_settings
from application.clock_watch import watch_clocks
from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.rooms import SiteRooms
from application.room_sync import RoomSync
from cli import coupon as coupon_command
from domain.refusals import CouponExpired, NotOpenYet
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.draws import find_draw
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.member_coupons import expire_stale, list_member_coupons, spend_coupon
from tests.integration.cast import HOUR, now, on_offer, time_passes
from tests.integration.line_cast import crowd, enter
from tests.integration.opening_cast import LATER, open_in_postgres
from tests.integration.test_clocks import OFF_BY_S, until
from tests.integration.web_cast import by, checked_problem
from tests.off_clock import clock_off

WAYS = ("pessimistic", "optimistic", "redis_lock")
SHORTLY = timedelta(seconds=0.05)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
@pytest.mark.parametrize("way", WAYS)
async def test_a_direct_way_opens_and_ends_by_postgres_clock(client, engine, code, way, off_by_s):
    begins, ends = f"{code}-begins", f"{code}-ends"
    on_offer(engine, begins, issuing=way, opens_at=now() + SHORTLY)
    on_offer(engine, ends, issuing=way, expire_date=now() + MINUTE)
    on_offer(engine, f"{code}-opens", issuing=way, opens_at=now() + MINUTE)
    await until(now() + SHORTLY)

    with clock_off(off_by_s):
        answers = [
            await client.post(f"/api/coupons/{one}/issue", headers=by("alice"))
            for one in (begins, ends)
        ]
        early = await client.post(f"/api/coupons/{code}-opens/issue", headers=by("alice"))

    assert [answer.status_code for answer in answers] == [201, 201]
    checked_problem(early, "not_open_yet", 409)
    assert abs(now() - list_member_coupons(engine, "alice")[0][0].issued_at) < timedelta(seconds=20)


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
def test_a_coupon_is_used_and_expires_by_postgres_clock(engine, code, off_by_s):
    on_offer(engine, code, expire_date=now() + MINUTE)
    outcomes = issue(engine, code, ["alice", "bob"]).outcomes

    with clock_off(off_by_s):
        marked = expire_stale(engine)
        shown = list_member_coupons(engine, "alice")[0][0].status
        used = spend_coupon(engine, "alice", outcomes["alice"].id)[0]
        time_passes(engine, 2 * MINUTE)
        with pytest.raises(CouponExpired):
            spend_coupon(engine, "bob", outcomes["bob"].id)
        over = list_member_coupons(engine, "bob")[0][0].status, expire_stale(engine)

    assert (marked, shown, over) == (0, "UNUSED", ("EXPIRED", 1))
    assert abs(now() - used.used_at) < timedelta(seconds=20)


@pytest.mark.parametrize("off_by_s", [-300, -1, 5, 300])
async def test_a_lobby_is_drawn_when_redis_clock_says(line, engine, code, off_by_s):
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw")
    await apply_settings(line, on_offer(engine, code, room=room, opens_at=now() + LATER))
    await enter(line, code, crowd(10))
    chores = RoomSync(engine, line, by_kind([CouponRooms(engine, line), SiteRooms(engine)]))

    with clock_off(off_by_s):
        rest_s = await chores.run_once()
        early = find_draw(engine, code)
        opens_at = open_in_postgres(engine, code).coupon.opens_at
        await chores.run_once()

    drawn = offers.get_offer(engine, code).drawn
    assert early is None
    assert rest_s <= 1, "it looks again while the lobby is open"
    assert drawn is not None
    assert timedelta(0) <= drawn.at - opens_at < timedelta(seconds=20)
    assert sorted(find_draw(engine, code).members) == sorted(crowd(10))


@pytest.mark.parametrize("off_by_s", [-2 * 3_600, 2 * 3_600])
async def test_a_room_is_retired_an_hour_after_its_end_by_redis_clock(line, engine, code, off_by_s):
    later = f"{code}-later"
    await apply_settings(line, on_offer(engine, code, expire_date=now() + HOUR / 2))
    await apply_settings(
        line, on_offer(engine, later, opens_at=now() - 3 * HOUR, expire_date=now() - 1.5 * HOUR)
    )

    with clock_off(off_by_s):
        await RoomSync(
            engine, line, by_kind([CouponRooms(engine, line), SiteRooms(engine)])
        ).run_once()

    assert (code in await line.codes(), later in await line.codes()) == (True, False)


@pytest.mark.parametrize("off_by_s", [-300, 300])
async def test_a_lobby_that_is_open_fixes_how_it_is_put_in_line(engine, code, off_by_s):
    room = RoomSettings(opening="draw", lobby_s=600)
    closed = f"{code}-closed"
    on_offer(engine, code, room=room, opens_at=now() + 9 * MINUTE)
    on_offer(engine, closed, room=room, opens_at=now() + 11 * MINUTE)

    def change(one: str) -> None:
        def alter(offer):
            return offer.coupon, offer.settings.change(opening="first_come")

        hosts_now = now() + timedelta(seconds=off_by_s)
        offers.change_offer(engine, one, alter, who="test", what="changed", now=hosts_now)

    with pytest.raises(ValueError, match="the lobby opened at"):
        change(code)
    change(closed)

    assert offers.get_offer(engine, closed).settings.opening == "first_come"


@pytest.mark.parametrize("off_by_s", [-300, 300])
def test_a_coupon_that_is_made_to_open_now_opens_by_postgres_clock(
    engine, code, database_url, redis_url, monkeypatch, off_by_s, capsys
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    with clock_off(off_by_s):
        coupon_command.create(code=code, total=5, description="Now", amount=5_000, as_json=True)

    made = offers.get_offer(engine, code).coupon
    assert timedelta(0) <= now() - made.opens_at < timedelta(seconds=20)
    assert json.loads(capsys.readouterr().out)["state"] == "open"


async def test_what_is_shown_of_a_coupon_is_by_the_clock_that_decides_it(
    client, parts, engine, line, code
):
    watch = watch_clocks("web", line, parts.office_clock, asyncio.to_thread, engine)
    for way in ("queue", "optimistic"):
        on_offer(engine, f"{code}-{way}", issuing=way)
        on_offer(engine, f"{code}-{way}-soon", issuing=way, opens_at=now() + MINUTE)

    for off_by_s in (-2 * 3_600, 300):
        with clock_off(off_by_s):
            await watch.run_once()
            shown = {one["code"]: one for one in (await client.get("/api/coupons")).json()}
            page = await client.get(f"/coupons/{code}-queue")

        for way in ("queue", "optimistic"):
            states = (shown[f"{code}-{way}"]["state"], shown[f"{code}-{way}-soon"]["state"])
            assert states == ("open", "scheduled"), (way, off_by_s)
        assert "/enter" in page.text


def test_a_member_is_told_not_open_yet_by_the_clock_that_will_say_otherwise(engine, code):
    on_offer(engine, code, opens_at=now() + MINUTE)

    with clock_off(300):
        early = issue(engine, code, ["alice"]).outcomes["alice"]
    time_passes(engine, MINUTE)
    with clock_off(-300):
        issue(engine, code, ["alice"])

    assert isinstance(early, NotOpenYet)
    assert list_holders(engine, code) == ["alice"]
