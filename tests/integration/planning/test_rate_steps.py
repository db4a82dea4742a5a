"""Rate steps: the admitter sets each planned rate once, at its time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.rooms import SiteRooms
from application.room_sync import RoomSync
from domain.invalid_value import InvalidValue
from domain.planning.rate_steps import RateStep
from domain.room import ROOM_KINDS
from issuance.audit import list_entries
from issuance.offers import change_offer
from issuance.planning.clones import clone_room
from issuance.planning.rate_steps import STEP_APPLIED, apply_due_steps, set_rate_steps
from issuance.planning.stages import get_room, publish_room
from issuance.rooms import steps_as_json
from issuance.tables import rooms
from tests.integration.cast import HOUR, now
from tests.integration.member_report_cast import in_a_thread
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import ADMIN

WHO = {"who": "test"}
MINUTE = timedelta(minutes=1)


def planned(engine, code: str, kind: str = "coupon", *rates: float) -> list[RateStep]:
    """A published room whose steps are 10, 20, 30... minutes from now."""
    a_draft(engine, code, kind)
    publish_room(engine, code, **WHO, now=now())
    steps = [RateStep(now() + (n + 1) * 10 * MINUTE, rate) for n, rate in enumerate(rates)]
    set_rate_steps(engine, code, steps, **WHO, now=now())
    return steps


def minutes_pass(engine, code: str, minutes: int) -> None:
    """For Postgres' clock, which can't be turned: the steps are planned so much earlier."""
    room = get_room(engine, code)
    earlier = [RateStep(step.at - minutes * MINUTE, step.rate_per_s) for step in room.rate_steps]
    next_at: datetime | None = room.next_step_at
    moved = {
        "rate_steps": steps_as_json(earlier),
        "next_step_at": next_at - minutes * MINUTE if next_at else None,
    }
    with engine.begin() as tx:
        tx.execute(update(rooms).where(rooms.c.code == code).values(**moved))


def applied(engine, code: str) -> list[tuple[str, float, float]]:
    """Who changed which rate to which by a step, the oldest first."""
    found = [entry for entry in list_entries(engine, subject=code) if entry.what == STEP_APPLIED]
    return [
        (one.who, one.before["room"]["rate_per_s"], one.after["room"]["rate_per_s"])
        for one in reversed(found)
    ]


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_the_admitter_brings_each_step_to_the_line_at_its_time(own, line, engine, code, kind):
    planned(engine, code, kind, 50, 200)
    sync = RoomSync(engine, own, by_kind([CouponRooms(engine, own), SiteRooms(engine)]))
    await sync.run_once()
    before = (await line.room_stats(code)).rate_per_s

    minutes_pass(engine, code, 11)
    await sync.run_once()
    first = (await line.room_stats(code)).rate_per_s
    minutes_pass(engine, code, 10)
    await sync.run_once()

    assert (before, first, (await line.room_stats(code)).rate_per_s) == (10_000, 50, 200)
    assert applied(engine, code) == [("rate steps", 10_000, 50), ("rate steps", 50, 200)]


def test_a_step_is_applied_once_by_any_number_of_admitters(engine, code):
    planned(engine, code, "coupon", 50)
    minutes_pass(engine, code, 11)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: code in apply_due_steps(engine), range(8)))

    assert (done.count(True), get_room(engine, code).next_step_at) == (1, None)
    assert len(applied(engine, code)) == 1


def test_an_admitter_that_was_down_applies_the_last_of_the_missed_steps(engine, code):
    planned(engine, code, "coupon", 50, 200, 300)
    minutes_pass(engine, code, 21)

    apply_due_steps(engine)

    assert applied(engine, code) == [("rate steps", 10_000, 200)]
    assert get_room(engine, code).settings.rate_per_s == 200


@pytest.mark.parametrize("minutes", [5, 11])
def test_a_rate_that_an_admin_sets_counts_until_the_next_step(engine, code, minutes):
    planned(engine, code, "coupon", 50, 200)
    minutes_pass(engine, code, minutes)

    def alter(offer):
        return offer.coupon, offer.settings.change(rate_per_s=77.0)

    change_offer(engine, code, alter, **WHO, what="room changed", now=now())
    apply_due_steps(engine)
    kept = get_room(engine, code).settings.rate_per_s
    minutes_pass(engine, code, 21 - minutes)
    apply_due_steps(engine)

    assert (kept, get_room(engine, code).settings.rate_per_s) == (77, 200)


def test_another_setting_leaves_a_due_step_to_the_admitter(engine, code):
    planned(engine, code, "coupon", 50)
    minutes_pass(engine, code, 11)

    def alter(offer):
        return offer.coupon, offer.settings.change(seats=77)

    change_offer(engine, code, alter, **WHO, what="room changed", now=now())
    apply_due_steps(engine)

    room = get_room(engine, code)
    assert (room.settings.seats, room.settings.rate_per_s) == (77, 50)


def test_steps_move_with_the_opening(engine, code):
    a_draft(engine, code, "coupon", opens_at=now() + HOUR, closes_at=now() + 9 * HOUR)
    before = set_rate_steps(engine, code, [RateStep(now() + 2 * HOUR, 50)], **WHO, now=now())

    def alter(offer):
        return offer.coupon.change(opens_at=offer.coupon.opens_at + HOUR), offer.settings

    change_offer(engine, code, alter, **WHO, what="coupon changed", now=now())

    after = get_room(engine, code)
    assert after.rate_steps[0].at - before.rate_steps[0].at == HOUR
    assert after.next_step_at == after.rate_steps[0].at


def test_an_end_before_a_step_is_refused(engine, code):
    planned(engine, code, "coupon", 50, 200)

    def alter(offer):
        return offer.coupon.change(expire_date=now() + 15 * MINUTE), offer.settings

    with pytest.raises(InvalidValue) as raised:
        change_offer(engine, code, alter, **WHO, what="coupon changed", now=now())

    assert (raised.value.field, raised.value.rule) == ("rate_steps", "while_open")


def test_the_steps_of_a_draft_wait_for_its_publication(engine, code):
    a_draft(engine, code, "coupon")
    set_rate_steps(engine, code, [RateStep(now() - MINUTE, 50)], **WHO, now=now())
    apply_due_steps(engine)
    before = get_room(engine, code).settings.rate_per_s

    publish_room(engine, code, **WHO, now=now())
    apply_due_steps(engine)

    assert (before, get_room(engine, code).settings.rate_per_s) == (10_000, 50)


def test_a_clone_has_the_steps_of_its_room_at_its_own_times(engine, code):
    steps = planned(engine, code, "coupon", 50, 200)
    room = get_room(engine, code)

    made = clone_room(engine, code, f"{code}-b", **WHO, now=now())

    shift = made.opens_at - room.opens_at
    assert [(one.at, one.rate_per_s) for one in made.rate_steps] == [
        (one.at + shift, one.rate_per_s) for one in steps
    ]


async def test_the_api_takes_the_steps_and_says_which_are_over(client, engine, code):
    a_draft(engine, code, "coupon")
    publish_room(engine, code, **WHO, now=now())
    times = [now() - MINUTE, now() + MINUTE]
    steps = [{"at": at.isoformat(), "rate_per_s": 50} for at in times]

    put = await client.put(
        f"/api/admin/rooms/{code}/rate-steps", json={"steps": steps}, headers=ADMIN
    )

    assert put.status_code == 200, put.text
    assert [one["is_over"] for one in put.json()["rate_steps"]] == [True, False]
    assert get_room(engine, code).settings.rate_per_s == 10_000, "a step of before is not applied"


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ([(0, 0)], "rate_per_s"),
        ([(0, 100_001)], "rate_per_s"),
        ([(-120, 5)], "rate_steps"),
        ([(120, 5)], "rate_steps"),
        ([(2, 5), (1, 5)], "rate_steps"),
        ([(1, 5), (1, 6)], "rate_steps"),
    ],
)
async def test_steps_out_of_bounds_order_or_time_are_refused(client, engine, code, steps, where):
    a_draft(engine, code, "coupon")
    base = now()
    sent = [{"at": (base + m * MINUTE).isoformat(), "rate_per_s": rate} for m, rate in steps]

    refused = await client.put(
        f"/api/admin/rooms/{code}/rate-steps", json={"steps": sent}, headers=ADMIN
    )

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == where
    assert get_room(engine, code).rate_steps == ()


async def test_the_command_plans_shows_and_clears_steps(engine, code, room):
    a_draft(engine, code, "coupon")
    at = (now() + MINUTE).replace(microsecond=0).isoformat()

    put = json.loads(await in_a_thread(room)("rate-steps", code, f"{at}=200", "--json"))
    shown = await in_a_thread(room)("rate-steps", code)
    cleared = json.loads(await in_a_thread(room)("rate-steps", code, "--clear", "--json"))

    assert [one["rate_per_s"] for one in put["rate_steps"]] == [200]
    assert "200" in shown
    assert cleared["rate_steps"] == []
