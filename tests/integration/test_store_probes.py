"""Stores that answer and do not do what is needed are not said to be well."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest
from redis import Redis

from issuance.errors import OfficeAway
from issuance.queue.job_queue import JobQueue, JobQueueLimits, QueueStatus, read_queue_status
from issuance.queue.redis_connection import open_queue_redis
from processes.embedded import EmbeddedValkey
from processes.store_checks import log_store_faults
from tests.integration.cast import in_force
from tests.integration.web_cast import app_with, client_of
from tests.servers import open_folder
from waitroom.errors import LineAway
from waitroom.line import open_line

QUEUE = "test-probes"
# By CONFIG SET: what the server then says to whoever writes.
REFUSALS = {
    "full": ({"maxmemory": "1"}, "maxmemory"),
    "without replicas": ({"min-replicas-to-write": "1"}, "NOREPLICAS|Not enough good replicas"),
    "a replica": ({}, "read only|READONLY"),
}


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    """A server whose settings this module may change; its URL."""
    with ExitStack() as stack:
        server = EmbeddedValkey(open_folder(stack) / "valkey", durable=False)
        stack.callback(server.erase)
        server.start()
        yield server.url


@pytest.fixture
def own(valkey) -> Iterator[Redis]:
    """Its settings are as they were afterwards."""
    with Redis.from_url(valkey) as redis:
        yield redis
        redis.replicaof("NO", "ONE")
        for name, value in {
            "maxmemory": "0",
            "min-replicas-to-write": "0",
            "maxmemory-policy": "noeviction",
        }.items():
            redis.config_set(name, value)
        redis.flushall()


@pytest.fixture
async def own_line(valkey):
    opened = open_line(valkey, timeout_s=1)
    yield opened
    await opened.aclose()


@pytest.fixture
def own_queue(valkey):
    with open_queue_redis(valkey, timeout_s=1) as opened:
        yield opened


def refuse(redis: Redis, how: str) -> str:
    """Let it refuse writes; a pattern of what it says."""
    settings, says = REFUSALS[how]
    if how == "a replica":
        redis.replicaof("127.0.0.1", 9)
    for name, value in settings.items():
        redis.config_set(name, value)
    return says


async def ready(parts, **changes) -> tuple[int, dict]:
    async with client_of(app_with(parts, **changes)) as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()


@pytest.mark.parametrize("how", REFUSALS)
async def test_a_line_that_takes_no_writes_is_not_ready(own, own_line, parts, how):
    says = refuse(own, how)

    with pytest.raises(LineAway, match=says):
        await own_line.probe.write()
    status, found = await ready(parts, line=own_line)
    async with client_of(app_with(parts, line=own_line)) as client:
        probed = await client.get("/livez/line")

    assert status == 503
    assert found == {"ready": False, "postgres": True, "redis": False, "queue": True}
    assert probed.status_code == 503


@pytest.mark.parametrize("how", REFUSALS)
async def test_a_queue_that_takes_no_writes_is_not_ready_and_nobody_is_let_through_to_it(
    own, own_queue, parts, how
):
    crew = partial(read_queue_status, own_queue, QUEUE)
    desk = JobQueue(own_queue, queue=QUEUE, limits=JobQueueLimits())
    assert desk.free_capacity() > 0
    says = refuse(own, how)

    with pytest.raises(OfficeAway, match=says):
        desk.free_capacity()
    status, found = await ready(parts, queue_status=crew)

    assert status == 503
    assert found == {"ready": False, "postgres": True, "redis": True, "queue": False}


async def test_stores_that_do_what_is_needed_are_ready(own, own_line, own_queue, parts):
    status, found = await ready(
        parts, line=own_line, queue_status=partial(read_queue_status, own_queue, QUEUE)
    )

    assert status == 200
    assert found == {"ready": True, "postgres": True, "redis": True, "queue": True}


async def test_readiness_is_read_at_most_once_a_second(parts):
    asked = []

    def crew() -> QueueStatus:
        asked.append(1)
        return QueueStatus(workers=1, busy=0, backlog=0)

    async with client_of(app_with(replace(parts, queue_status=crew))) as client:
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(asked) <= 3


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_redis_that_may_evict_is_named_in_metrics_and_in_the_log(
    own, own_line, own_queue, parts, engine, policy, capsys
):
    own.config_set("maxmemory", "100mb")
    own.config_set("maxmemory-policy", policy)
    crew = partial(read_queue_status, own_queue, QUEUE)

    await log_store_faults(own_line, own_queue, engine)
    async with client_of(app_with(parts, line=own_line, queue_status=crew)) as client:
        metrics = (await client.get("/metrics")).text

    said = capsys.readouterr().out
    assert said.count(f"maxmemory_policy={policy}") == 2
    assert "Postgres" not in said
    for store in ("line", "queue"):
        assert f'waitroom_redis_evicts{{store="{store}"}} 1.0' in metrics


async def test_a_redis_without_a_maximum_evicts_nothing(own, own_line, own_queue):
    own.config_set("maxmemory-policy", "allkeys-lru")

    assert await own_line.probe.eviction_policy() == ""
    assert read_queue_status(own_queue, QUEUE).eviction_policy == ""


async def test_a_user_who_may_not_ask_is_not_told_that_the_line_is_away(own, valkey, code):
    own.acl_setuser("plain", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@write"])
    place = urlsplit(valkey).netloc.rpartition("@")[2]
    line = open_line(f"redis://plain:secret@{place}/0")

    await line.probe.write()
    policy = await line.probe.eviction_policy()

    await line.aclose()
    own.acl_deluser("plain")
    assert policy == ""


async def test_each_store_that_is_away_is_named_with_its_cause_and_no_password(
    line_away, engine_away, capsys
):
    with open_queue_redis("redis://:a-secret@127.0.0.1:9/0", timeout_s=1) as conveyor:
        await log_store_faults(line_away, conveyor, engine_away)

    said = capsys.readouterr().out
    assert said.count("127.0.0.1:9 refused the connection") == 3
    assert "a-secret" not in said


async def test_a_full_line_takes_nobody_in_until_there_is_room_again(own, own_line, code):
    await in_force(own_line, code)
    await own_line.enter(code, "alice")
    own.config_set("maxmemory", "1")
    with pytest.raises(LineAway, match="maxmemory"):
        await own_line.enter(code, "bob")
    own.config_set("maxmemory", "0")

    places = [await own_line.enter(code, member) for member in ("alice", "bob")]

    assert [place.kind for place in places] == ["waiting", "waiting"]
    assert [place.ahead for place in places] == [0, 1]
