"""The autopilot on real processes and a database that is really slower for a while."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

import pytest

from application.apply_settings import apply_settings
from application.report_outcomes import report_outcomes
from domain.room_settings import RoomSettings
from issuance.issue import issue as issue_in_postgres
from load.bench.slow_database import make_slowable, slow_down
from tests.house import House, eventually, open_house
from tests.integration.cast import in_force, now, on_offer
from tests.integration.line_cast import ISSUED, admit, crowd, enter, time_passes
from tests.integration.web_cast import ADMIN
from tests.tcp_proxy import proxied
from waitroom.autopilot import Decision, RateController, Signals
from waitroom.line import Line
from waitroom.redis_io.keys import Keys

BOUND_MS = 1_000
MOST, LEAST = 100.0, 5.0
# Bears 1,000 / 30 = 33 members a second.
SLOW_MS_PER_ROW = 30.0
RATE_WITHIN_S = 90.0
AWAY = ("postgres_away", "batches_failed", "no_workers")
# Decisions until the rate is what the slow database bears, however long each takes.
STEPS_DOWN_MAX = 12


def decisions(house: House, code: str, since_s: float) -> list[dict]:
    found = house.admin("GET", f"/rooms/{code}/autopilot?at_most=300")["decisions"]
    return [one for one in found if seconds(one) >= since_s]


def seconds(decision: dict) -> float:
    return datetime.fromisoformat(decision["at"]).timestamp()


def comes(house: House, code: str, true: Callable[[float], bool]) -> None:
    """Wait until the steered rate is so. Long: a busy machine decides and issues slowly."""

    def is_so() -> bool:
        status, room = house.call("GET", f"/api/admin/rooms/{code}", token=house.admin_token)
        return status == 200 and true(room["steered_rate_per_s"])

    eventually(is_so, within_s=RATE_WITHIN_S)


def is_in_bounds(house: House, code: str, since_s: float) -> bool:
    """Whether the last three measured latencies are; batches fed before the slowdown are not."""
    measured = [one for one in decisions(house, code, since_s) if one["latency_p95_ms"]]
    last = measured[-3:]
    return len(last) == 3 and all(one["latency_p95_ms"] <= 2 * BOUND_MS for one in last)


async def test_the_rate_comes_down_while_the_database_is_slower_and_returns(
    house, engine, line, code
):
    make_slowable(engine)
    house.start_all()
    eventually(lambda: "admitting" in house.log.read_text())
    steered = {
        "rate_mode": "autopilot",
        "rate_min_per_s": LEAST,
        "rate_max_per_s": MOST,
        "latency_bound_ms": BOUND_MS,
    }
    house.offer(code, total=20_000, rate_per_s=MOST, burst=1, seats=20_000, **steered)
    await enter(line, code, crowd(10_000))
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["issued"] > 2.5 * MOST)

    slow_down(engine, SLOW_MS_PER_ROW)
    slow_at = time.time()
    comes(house, code, lambda rate: rate <= 1000 / SLOW_MS_PER_ROW)
    down_at = time.time()
    eventually(lambda: is_in_bounds(house, code, down_at), within_s=RATE_WITHIN_S)
    fast_at = time.time()
    slow_down(engine, 0)
    comes(house, code, lambda rate: rate >= 0.7 * MOST)

    during = [one for one in decisions(house, code, slow_at) if seconds(one) <= fast_at]
    before_down = [one for one in during if one["rate_per_s"] > 1000 / SLOW_MS_PER_ROW]
    assert len(before_down) <= STEPS_DOWN_MAX
    assert {"slow", "queue"} & {one["reason"] for one in during}
    assert all(LEAST <= one["rate_per_s"] <= MOST for one in during)


async def decision_for(line: Line, code: str, reasons: Collection[str]) -> Decision:
    """The next decision that is made for one of them."""
    async with asyncio.timeout(RATE_WITHIN_S):
        while True:
            for last in (await line.autopilot.decisions(code, at_most=10))[-1:]:
                if last.reason in reasons:
                    return last
            await asyncio.sleep(0.1)


async def test_while_postgres_is_away_the_rate_is_the_least_and_then_returns(
    database_url, redis_url, line, code, tmp_path
):
    with proxied(database_url) as (postgres, url), open_house(url, redis_url, tmp_path) as house:
        house.start_all()
        steered = {"rate_mode": "autopilot", "rate_min_per_s": 2, "rate_max_per_s": 50}
        steered["latency_bound_ms"] = 5_000  # a busy machine is no slow database
        house.offer(code, total=5_000, rate_per_s=50, burst=1, **steered)
        await enter(line, code, crowd(3_000))
        eventually(lambda: house.admin("GET", f"/rooms/{code}")["issued"] > 0)

        postgres.cut()
        last = await decision_for(line, code, AWAY)
        postgres.mend()
        comes(house, code, lambda rate: rate > 10)

    assert last.rate_per_s == 2


async def steer_to(line: Line, code: str, rate_per_s: float) -> bool:
    watched = await line.autopilot.read_room(code)
    seen = Signals(watched.now_s, None, 0.0, 0.0)
    pilot = replace(watched.pilot, rate_per_s=rate_per_s, at_s=watched.now_s)
    return await line.autopilot.apply_decision(
        watched, pilot, Decision.from_step(pilot, seen, "rises")
    )


@pytest.mark.parametrize(("steered", "admitted"), [(400, 100), (9_999, 200), (1, 50)])
async def test_people_are_let_through_at_the_steered_rate_within_the_bounds(
    line, code, steered, admitted
):
    settings = {"rate_mode": "autopilot", "rate_min_per_s": 200, "rate_max_per_s": 800}
    await in_force(line, code, rate_per_s=400, burst=1, **settings)
    await steer_to(line, code, steered)
    await enter(line, code, crowd(300))
    await admit(line, code)

    await time_passes(line, code, 2)

    # A bucket holds a quarter of a second's worth.
    assert len((await admit(line, code)).members) == admitted


async def test_a_room_turned_by_hand_does_not_heed_what_was_steered(line, code):
    await in_force(line, code, rate_per_s=40, burst=1)
    await steer_to(line, code, 400)
    await enter(line, code, crowd(300))
    await admit(line, code)

    await time_passes(line, code, 2)

    assert len((await admit(line, code)).members) == 10
    assert await line.autopilot.on_autopilot([code, "nothing"]) == []
    assert (await line.room_stats(code)).steered_rate_per_s is None


async def test_of_two_that_decide_at_once_one_steers(line, code):
    await in_force(line, code, rate_mode="autopilot", rate_per_s=100, rate_max_per_s=1_000)
    first, second = [await line.autopilot.read_room(code) for _ in range(2)]
    seen = Signals(first.now_s, 20.0, 100.0, 0.0)
    pilots = [RateController(rate, rate, first.now_s) for rate in (110.0, 120.0)]

    taken = [
        await line.autopilot.apply_decision(
            watched, pilot, Decision.from_step(pilot, seen, "rises")
        )
        for watched, pilot in zip((first, second), pilots, strict=True)
    ]
    after = await line.autopilot.read_room(code)
    too_soon = await steer_to(line, code, 130)

    assert (taken, too_soon) == ([True, False], False)
    assert (after.pilot, after.step, after.is_due) == (pilots[0], 1, False)
    assert (await line.room_stats(code)).steered_rate_per_s == 110
    assert [one.rate_per_s for one in await line.autopilot.decisions(code, at_most=5)] == [110]


async def test_of_many_workers_each_batch_is_told_with_how_long_it_took(line, engine, code):
    offer = on_offer(engine, code, room=RoomSettings(rate_mode="autopilot"))
    await apply_settings(line, offer)

    for members in (["alice", "bob"], ["charlie"]):
        await report_outcomes(line, issue_in_postgres(engine, code, members, now()))
    await line.report(code, 3, {"alice": ISSUED})  # that she used hers: nobody waited for it

    watched = await line.autopilot.read_room(code)
    assert [one.members for one in watched.batches] == [1, 2]
    assert all(0 < one.took_ms < 10_000 for one in watched.batches)
    assert all(abs(one.told_s - watched.now_s) < 60 for one in watched.batches)


async def test_what_is_kept_is_bounded(line, code, redis_url):
    await in_force(line, code)

    for n in range(600):
        await line.report(code, 0, {}, took_ms=float(n))

    batches = (await line.autopilot.read_room(code)).batches
    assert [one.took_ms for one in batches[:2]] == [599, 598]
    assert len(batches) == 512


async def test_an_admin_turns_it_on_and_reads_what_it_did(client, line, engine, code):
    await apply_settings(line, on_offer(engine, code))
    settings = {"rate_mode": "autopilot", "rate_min_per_s": 10.5, "rate_max_per_s": 500.0}

    turned = await client.patch(
        f"/api/admin/rooms/{code}", headers=ADMIN, json={**settings, "latency_bound_ms": 300}
    )
    await steer_to(line, code, 77)
    read = (await client.get(f"/api/admin/rooms/{code}/autopilot", headers=ADMIN)).json()
    audit = await client.get(f"/api/admin/audit?subject={code}", headers=ADMIN)

    assert turned.status_code == 200, turned.text
    assert turned.json().items() >= (settings | {"latency_bound_ms": 300}).items()
    assert turned.json()["steered_rate_per_s"] == 500  # it begins at what was set
    assert (read["steered_rate_per_s"], read["rate_mode"]) == (77, "autopilot")
    [decision] = read["decisions"]
    assert (decision["rate_per_s"], decision["reason"]) == (77, "rises")
    assert decision["at"].endswith("Z")
    assert audit.json()[0]["after"]["room"]["rate_mode"] == "autopilot"


async def test_bounds_the_wrong_way_round_and_strangers_are_refused(client, line, engine, code):
    await apply_settings(line, on_offer(engine, code))
    room, steered = f"/api/admin/rooms/{code}", f"/api/admin/rooms/{code}/autopilot"

    wrong = await client.patch(
        room, headers=ADMIN, json={"rate_min_per_s": 9.0, "rate_max_per_s": 8.0}
    )
    nowhere = await client.get("/api/admin/rooms/nothing/autopilot", headers=ADMIN)
    nobody = await client.get(steered)

    assert (wrong.status_code, wrong.json()["type"]) == (422, "bad_request")
    assert "rate_min_per_s must be at most" in wrong.json()["detail"]
    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "no_such_room")
    assert nobody.status_code == 401


async def test_a_quiet_hour_is_one_decision(line, code, raw_redis):
    await in_force(line, code, rate_mode="autopilot")

    for n in range(3):
        watched = await line.autopilot.read_room(code)
        seen = Signals(watched.now_s, None, 0.0, 0.0)
        pilot, reason = watched.pilot.step(seen, watched.bounds)
        await raw_redis.hset(Keys(code).rate_controller, "at", "0")  # the last step is old enough
        assert await line.autopilot.apply_decision(
            watched, pilot, Decision.from_step(pilot, seen, reason)
        ), n

    assert [one.reason for one in await line.autopilot.decisions(code, at_most=9)] == ["unused"]
    assert (await line.autopilot.read_room(code)).step == 3


async def test_all_of_it_is_forgotten_with_the_room(line, code, raw_redis):
    await in_force(line, code, rate_mode="autopilot")
    await steer_to(line, code, 77)
    await line.report(code, 0, {}, took_ms=5.0)

    await line.retire(code, keep_s=60)

    k = Keys(code)
    lives = [await raw_redis.ttl(key) for key in (k.reports, k.rate_controller, k.decisions)]
    assert all(0 < ttl <= 60 for ttl in lives)
