"""Metrics as Prometheus reads them: every room's figures, whichever process is asked."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from domain.phase import ROOM_PHASE
from domain.room_settings import RoomSettings
from issuance.errors import OfficeAway
from issuance.queue.job_queue import QueueStatus
from tests.integration.cast import now
from tests.integration.web_cast import (
    ADMIN,
    ADMIN_TOKEN,
    app_with,
    by,
    client_of,
    has_safe_headers,
    in_line,
    serve,
)
from tests.prometheus import faults_of, promtool
from waitroom.autopilot import Decision, Signals
from waitroom.redis_io.keys import Keys
from web.app import create_app

pytestmark = pytest.mark.usefixtures("metrics_read_anew")

METRICS_TOKEN = "prometheus-sends-this-token-with-a-scrape"


@pytest.fixture
async def room(client, line, engine, code) -> str:
    """Alice has hers, Bob is admitted, Charlie waits, Dora has left, Eve came to a full room."""
    await in_line(line, engine, code, total=9, room=RoomSettings(rate_per_s=5_000, size_max=4))
    for member in ("alice", "bob", "charlie", "dora", "eve"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await client.delete(f"/api/rooms/{code}/place", headers=by("dora"))
    await serve(line, engine, code, at_most=1)
    await line.admit(code, at_most=1, lease_s=15)
    return code


def samples(text: str, **labels: str) -> dict[str, float]:
    """The samples with these labels, and no other ones."""
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels == labels
    }


async def told_of(client, **labels: str) -> dict[str, float]:
    return samples((await client.get("/metrics")).text, **labels)


async def test_a_rooms_figures_are_there_and_right(client, room):
    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    has_safe_headers(answer)
    told = samples(answer.text, room=room)
    gauges = {
        "waiting": 1, "size_max": 4, "away": 0, "seats_in_use": 1, "under_way": 1, "seats": 2_000,
        "coupons": 9,
        "coupons_remaining": 8, "rate_per_second": 5_000, "rate_in_force_per_second": 5_000,
        "autopilot": 0,
    }  # fmt: skip
    counters = {
        "entered": 4, "admitted": 2, "issued": 1, "left": 1, "passed_over": 0, "returned": 0,
    }  # fmt: skip
    assert {name: told[f"waitroom_{name}"] for name in gauges} == gauges
    assert {name: told[f"waitroom_{name}_total"] for name in counters} == counters
    assert samples(answer.text, room=room, reason="room_full") == {"waitroom_turned_away_total": 1}
    assert abs(told["waitroom_admission_timestamp_seconds"] - now().timestamp()) < 60
    states = {
        one: samples(answer.text, room=room, state=one)["waitroom_room_state"]
        for one in ("scheduled", "open", "paused", "draining", "over")
    }
    assert states == {"scheduled": 0, "open": 1, "paused": 0, "draining": 0, "over": 0}


async def test_how_long_it_took_is_a_histogram_of_everybody_so_far(app, client, room):
    await app.state.enter_times.publish()

    told = await told_of(client, room=room)
    # Eve was answered too; only Alice has an outcome.
    assert told["waitroom_enter_duration_seconds_count"] == 5
    assert told["waitroom_issue_duration_seconds_count"] == 1
    assert told["waitroom_wait_duration_seconds_count"] == 1
    waited_s = told["waitroom_wait_duration_seconds_sum"]
    assert told["waitroom_issue_duration_seconds_sum"] <= waited_s < 60
    assert 0 < told["waitroom_enter_duration_seconds_sum"] < 60


async def test_every_name_unit_and_text_follows_prometheus(client, room):
    text = (await client.get("/metrics")).text

    assert faults_of(text) == []
    promtool("check", "metrics", text=text)
    types = {one.name: one.type for one in text_string_to_metric_families(text)}
    assert {"gauge", "counter", "histogram"} == set(types.values())
    assert len(types) > 40


async def test_another_process_tells_the_same_of_rooms(parts, client, room):
    async with client_of(create_app(parts)) as other:
        theirs = await told_of(other, room=room)

    assert await told_of(client, room=room) == theirs


async def test_before_it_opens_and_when_nothing_is_left_a_room_says_so(client, line, engine, code):
    await in_line(line, engine, f"{code}-soon", opens_at=now() + timedelta(hours=1))
    await in_line(line, engine, f"{code}-gone", total=1)
    await client.post(f"/api/rooms/{code}-gone/enter", headers=by("alice"))
    await serve(line, engine, f"{code}-gone")

    text = (await client.get("/metrics")).text

    assert samples(text, room=f"{code}-soon", state="scheduled")["waitroom_room_state"] == 1
    assert samples(text, room=f"{code}-gone", state="over")["waitroom_room_state"] == 1


async def test_a_room_that_drains_says_so(client, room):
    await client.patch(f"/api/admin/rooms/{room}", json={"state": "draining"}, headers=ADMIN)

    states = {
        one: samples((await client.get("/metrics")).text, room=room, state=one)
        for one in ROOM_PHASE
    }

    assert [one for one, found in states.items() if found["waitroom_room_state"]] == ["draining"]


async def test_the_autopilots_last_step_is_told(client, line, engine, code):
    room = RoomSettings(rate_mode="autopilot", rate_per_s=50, rate_min_per_s=5)
    await in_line(line, engine, code, room=room)
    assert "waitroom_autopilot_step_timestamp_seconds" not in await told_of(client, room=code)
    watched = await line.autopilot.read_room(code)
    seen = Signals(watched.now_s, None, 0.0, 0.0, "no_workers")
    pilot, reason = watched.pilot.step(seen, watched.bounds)
    await line.autopilot.apply_decision(watched, pilot, Decision.from_step(pilot, seen, reason))

    text = (await client.get("/metrics")).text

    told = samples(text, room=code)
    assert (told["waitroom_autopilot"], told["waitroom_rate_in_force_per_second"]) == (1, 5)
    assert told["waitroom_autopilot_step_timestamp_seconds"] == pytest.approx(watched.now_s)
    said = samples(text, room=code, reason="no_workers")
    assert said == {"waitroom_autopilot_reason": 1}


async def test_what_the_last_check_found_is_told_and_nothing_before_it(client, redis_url, room):
    before = (await client.get("/metrics")).text
    with Redis.from_url(redis_url) as redis:
        found = {"told_without_row": 0, "row_not_told": 3, "checked_at": 1_700_000_000_500_000}
        redis.hset(Keys(room).differences, mapping=found)

    after = (await client.get("/metrics")).text

    name = "waitroom_reconcile_differences"
    assert f'{name}{{kind="row_not_told",room="{room}"}}' not in before
    assert "waitroom_reconcile_timestamp_seconds" not in samples(before, room=room)
    assert samples(after, room=room, kind="row_not_told") == {name: 3}
    assert samples(after, room=room, kind="told_without_row") == {name: 0}
    assert samples(after, room=room)["waitroom_reconcile_timestamp_seconds"] == 1_700_000_000.5


async def test_a_room_that_redis_lost_is_left_out(client, line, redis_url, room):
    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(room).room)

    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert samples(answer.text, room=room) == {}


async def test_the_office_is_told_of_as_it_is(parts, room):
    crew = QueueStatus(workers=3, busy=2, backlog=7, oldest_s=1.5, failed=4)
    async with client_of(app_with(parts, queue_status=lambda: crew)) as client:
        told = await told_of(client)

    assert {name: told[f"waitroom_{name}_up"] for name in ("redis", "queue", "postgres")} == {
        "redis": 1, "queue": 1, "postgres": 1
    }  # fmt: skip
    assert (told["waitroom_workers"], told["waitroom_workers_busy"]) == (3, 2)
    assert (told["waitroom_backlog_jobs"], told["waitroom_backlog_age_seconds"]) == (7, 1.5)
    assert told["waitroom_failed_jobs"] == 4
    assert 1 <= told["waitroom_db_connections_busy"] <= told["waitroom_db_connections"] <= 9
    assert told["waitroom_db_connections_max"] == 7


async def test_refused_jobs_are_a_metric_that_begins_at_nought(parts):
    crew = QueueStatus(workers=1, busy=0, backlog=0, refused={"unknown_kind": 3, "bad_id": 0})
    async with client_of(app_with(parts, queue_status=lambda: crew)) as client:
        text = (await client.get("/metrics")).text

    name = "waitroom_refused_jobs_total"
    assert samples(text, reason="unknown_kind") == {name: 3}
    assert samples(text, reason="bad_id") == {name: 0}


async def test_stores_that_are_away_are_said_to_be_and_the_rest_is_told(
    parts, line_away, engine_away
):
    def nobody() -> QueueStatus:
        raise OfficeAway

    away = app_with(parts, line=line_away, engine=engine_away, queue_status=nobody)
    async with client_of(away) as client:
        answer = await client.get("/metrics")

    told = samples(answer.text)
    assert answer.status_code == 200
    assert [told[f"waitroom_{one}_up"] for one in ("redis", "queue", "postgres")] == [0, 0, 0]
    assert "waitroom_workers" not in told
    assert "waitroom_db_connections" not in told
    assert told["waitroom_web_processes"] == 1
    assert faults_of(answer.text) == []


async def test_requests_are_counted_by_route_method_and_class_of_status(app, client, room):
    for path in (f"/rooms/{room}", "/nothing/here", f"/api/rooms/{room}-not/place"):
        await client.get(path, headers=by("alice"))
    await client.head("/healthz")
    await client.put("/healthz")

    text = (await client.get("/metrics")).text

    def count(method: str, route: str, status: str) -> float:
        found = samples(text, method=method, route=route, status=status)
        return found.get("waitroom_http_requests_total", 0)

    # By the hot path, with the one that found the room full; and by the framework.
    assert count("POST", "/api/rooms/{code}/enter", "2xx") == 4
    assert count("POST", "/api/rooms/{code}/enter", "5xx") == 1
    assert count("DELETE", "/api/rooms/{code}/place", "2xx") == 1
    assert count("GET", "/api/rooms/{code}/place", "4xx") == 1
    assert count("GET", "/rooms/{code}", "3xx") == 1, "to sign in"
    assert count("GET", "/healthz", "2xx") == 1, "HEAD counts as GET"
    assert count("other", "unmatched", "4xx") == 2, "no such path, and no such method"
    assert room not in "".join(line for line in text.splitlines() if "http_requests" in line)
    took = samples(text, method="POST", route="/api/rooms/{code}/enter")
    assert took["waitroom_http_request_duration_seconds_count"] == 5
    assert 0 < took["waitroom_http_request_duration_seconds_sum"] < 60


async def test_with_a_metrics_token_only_who_sends_it_is_told(parts):
    async with client_of(app_with(parts, metrics_token=METRICS_TOKEN)) as client:
        answers = [
            await client.get("/metrics", headers=headers)
            for headers in (
                {},
                {"Authorization": f"Bearer {ADMIN_TOKEN}"},
                {"Authorization": f"Bearer {METRICS_TOKEN}"},
            )
        ]

    assert [one.status_code for one in answers] == [401, 403, 200]
    assert "waitroom_" not in answers[0].text + answers[1].text
