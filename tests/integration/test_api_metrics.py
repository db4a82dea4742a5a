"""Metrics as Prometheus reads them: every room's figures, whichever process is asked."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from domain.room_settings import RoomSettings
from tests.integration.web_cast import by, client_of, has_safe_headers, in_line, serve
from waitroom.keys import Keys
from web.app import create_app

GAUGES = (
    "waiting",
    "under_way",
    "remain_count",
    "rate_per_s",
    "rate_in_force_per_s",
    "admitted_per_s",
    "issued_per_s",
)
COUNTERS = ("entered", "admitted", "issued", "refused", "left", "turned_away")


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


def samples(text: str, room: str) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels == {"room": room}
    }


async def test_a_rooms_figures_are_there_and_right(client, room):
    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    has_safe_headers(answer)
    told = samples(answer.text, room)
    assert told.keys() == {
        *(f"waitroom_{name}" for name in GAUGES), *(f"waitroom_{name}_total" for name in COUNTERS)
    }  # fmt: skip
    assert [told[f"waitroom_{name}"] for name in GAUGES[:4]] == [1, 1, 8, 5_000]
    assert [told[f"waitroom_{name}_total"] for name in COUNTERS] == [4, 2, 1, 0, 1, 1]


async def test_every_metric_says_what_it_is(client, room):
    families = list(text_string_to_metric_families((await client.get("/metrics")).text))

    assert {one.type for one in families} == {"gauge", "counter"}
    assert all(one.documentation for one in families)
    assert len({one.name for one in families}) == len(families) == 13


async def test_another_process_tells_the_same(parts, client, room):
    async with client_of(create_app(parts)) as other:
        theirs = samples((await other.get("/metrics")).text, room)

    ours = samples((await client.get("/metrics")).text, room)
    assert ours == {**theirs, **{k: ours[k] for k in theirs if k.endswith("per_s")}}


async def test_a_room_that_redis_lost_is_left_out(client, line, redis_url, room):
    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(room).room)

    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert samples(answer.text, room) == {}
