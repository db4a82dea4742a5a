"""Rehearsals: a hidden copy with real parts, whose results never count for the room."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.rooms import SiteRooms
from application.room_sync import RoomSync
from domain.planning.rate_steps import RateStep
from domain.planning.rehearsal import REHEARSAL_MAX
from domain.room import ROOM_KINDS
from issuance.errors import NoSuchIssuedCoupon
from issuance.member_coupons import list_member_coupons, spend_coupon
from issuance.planning.clones import end_rehearsal, find_rehearsal, start_rehearsal
from issuance.planning.errors import RehearsalIsFixed
from issuance.planning.rate_steps import set_rate_steps
from issuance.planning.stages import get_room, publish_room
from issuance.tables import (
    coupons,
    draws,
    issued_coupons,
    minutes,
    refusals,
    spent_tickets,
    watermarks,
)
from tests.integration.cast import HOUR, now
from tests.integration.member_report_cast import in_a_thread
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import ADMIN, by, forget_rooms, serve

WHO = {"who": "test"}


@pytest.fixture
def start(engine, redis_url, code):
    """Starts the rehearsal of this test's draft."""
    started = []

    def of(kind: str = "coupon"):
        if not started:
            a_draft(engine, code, kind)
        started.append(start_rehearsal(engine, code, opens_in_s=0, **WHO, now=now()))
        return started[-1]

    yield of
    for room in started:
        forget_rooms(redis_url, room.code)


def rows_of(engine, room) -> dict[str, int]:
    """How many rows hang on a room, and how many coupons its row counts as issued."""
    of_coupon = (issued_coupons.c.coupon_id, refusals.c.coupon_id)
    of_room = (t.c.room_id for t in (spent_tickets, watermarks, draws, minutes))
    with engine.begin() as tx:
        found = {
            column.table.name: tx.execute(
                select(func.count()).where(column == room.id).select_from(column.table)
            ).scalar_one()
            for column in (*of_coupon, *of_room)
        }
        used = tx.execute(select(coupons.c.used_count).where(coupons.c.id == room.id)).scalar_one()
    return found | {"used_count": used}


async def test_those_with_its_address_get_coupons_that_never_count_for_the_room(
    client, line, engine, code, start
):
    rehearsal = start()
    await line.apply_settings(rehearsal)
    entered = await client.post(f"/api/rooms/{rehearsal.code}/enter", headers=by("alice"))
    await serve(line, engine, rehearsal.code)
    place = await client.get(f"/api/rooms/{rehearsal.code}/place", headers=by("alice"))
    before = rows_of(engine, rehearsal)

    published = publish_room(engine, code, **WHO, now=now())

    assert (entered.status_code, place.json()["state"]) == (202, "issued")
    assert (before["issued_coupons"], before["used_count"]) == (1, 1)
    assert set(rows_of(engine, published).values()) == {0}
    assert rows_of(engine, rehearsal) == before, "kept apart, to the row"
    ended = get_room(engine, rehearsal.code)
    assert (ended.stage, ended.settings.state) == ("rehearsal", "closed")
    assert ended.archived_at is not None


async def test_a_rehearsed_coupon_is_nobodys(line, engine, start):
    rehearsal = start()
    await line.apply_settings(rehearsal)
    await line.enter(rehearsal.code, "alice-rehearses")
    await serve(line, engine, rehearsal.code)
    with engine.begin() as tx:
        issued = select(issued_coupons.c.id).where(issued_coupons.c.coupon_id == rehearsal.id)
        issued_id = tx.execute(issued).scalar_one()

    assert list_member_coupons(engine, "alice-rehearses") == []
    with pytest.raises(NoSuchIssuedCoupon):
        spend_coupon(engine, "alice-rehearses", issued_id)


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_nobody_finds_a_rehearsal_without_its_address(
    client, own, line, engine, code, start, kind
):
    rehearsal = start(kind)
    await RoomSync(engine, own, by_kind([CouponRooms(engine, own), SiteRooms(engine)])).run_once()

    served = rehearsal.code in await line.codes(kind)

    assert served, "the admitter serves it"
    for path in ("/", "/?lang=ko", "/api/coupons", "/metrics"):
        assert rehearsal.code not in (await client.get(path)).text, path
    hidden = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    assert (hidden.status_code, hidden.json()["type"]) == (404, "no_such_room")
    assert code not in rehearsal.code


async def test_its_pages_say_what_it_is_and_are_for_no_search_engine_and_no_cache(
    client, line, start
):
    rehearsal = start()
    await line.apply_settings(rehearsal)

    page = await client.get(f"/coupons/{rehearsal.code}?lang=en")

    assert "Rehearsal: Spring sale" in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert "public" not in page.headers["cache-control"]


def test_a_second_rehearsal_ends_the_first(engine, code, start):
    first = start()

    second = start()

    assert find_rehearsal(engine, code).code == second.code
    assert get_room(engine, first.code).settings.state == "closed"
    end_rehearsal(engine, code, **WHO, now=now())
    assert find_rehearsal(engine, code) is None


def test_a_rehearsal_has_the_steps_at_its_own_times_and_ends_by_itself(engine, code):
    opens_at = now() + 50 * HOUR
    a_draft(engine, code, "coupon", opens_at=opens_at, closes_at=opens_at + 48 * HOUR)
    steps = [RateStep(opens_at + minutes * timedelta(minutes=1), 50) for minutes in (5, 2_000)]
    set_rate_steps(engine, code, steps, **WHO, now=now())

    made = start_rehearsal(engine, code, opens_in_s=60, **WHO, now=now())

    assert made.closes_at - made.opens_at == REHEARSAL_MAX
    assert [step.at - made.opens_at for step in made.rate_steps] == [timedelta(minutes=5)]


def test_a_rehearsal_is_neither_published_nor_cloned(engine, start):
    rehearsal = start()

    with pytest.raises(RehearsalIsFixed):
        publish_room(engine, rehearsal.code, **WHO, now=now())
    with pytest.raises(RehearsalIsFixed):
        start_rehearsal(engine, rehearsal.code, opens_in_s=0, **WHO, now=now())


async def test_the_api_and_the_command_start_and_end_one(client, engine, redis_url, code, room):
    a_draft(engine, code, "coupon")

    made = await client.post(f"/api/admin/rooms/{code}/rehearsal", json={}, headers=ADMIN)
    stopped = await client.delete(f"/api/admin/rooms/{code}/rehearsal", headers=ADMIN)
    ended = find_rehearsal(engine, code)
    again = json.loads(await in_a_thread(room)("rehearse", code, "--opens-in", "9", "--json"))
    over = json.loads(await in_a_thread(room)("rehearse", code, "--end", "--json"))

    assert (made.status_code, stopped.status_code, ended) == (201, 204, None)
    assert made.json()["url"] == f"/coupons/{made.json()['code']}"
    assert (again["stage"], over["code"]) == ("rehearsal", again["code"])
    assert over["archived_at"] is not None
    for started in (made.json(), again):
        forget_rooms(redis_url, started["code"])
