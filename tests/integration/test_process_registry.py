"""Limits and bounds add up over hosts: each process knows how many others run."""

import asyncio
import secrets
import time
import urllib.request
from collections.abc import AsyncIterator

import pytest

from tests.house import WITHIN_S
from tests.integration.limits_cast import an_address
from tests.integration.web_cast import in_line
from waitroom.limits.rate_limiter import KEYS, WINDOW_S
from waitroom.line import open_line
from waitroom.stats.process_registry import FORGET_AFTER_S, KEY, ProcessRegistry, Running


@pytest.fixture(autouse=True)
async def empty_registry(raw_redis) -> AsyncIterator[None]:
    await raw_redis.delete(KEY)
    yield
    await raw_redis.delete(KEY)


async def test_two_hosts_add_up(raw_redis):
    hosts = [ProcessRegistry(raw_redis) for _ in range(6)]
    for web, admitter, worker in (hosts[:3], hosts[3:]):
        await web.publish("web", 4)
        await admitter.publish("admitter", 2)
        await worker.publish("worker", 1)

    first = hosts[0]
    await first.publish("web", 4)

    assert first.running == {"web": (2, 8), "admitter": (2, 4), "worker": (2, 2)}
    assert (first.count("web"), first.count("other"), first.db_connections) == (2, 0, 14)


async def test_a_process_that_has_ended_is_forgotten(raw_redis):
    await ProcessRegistry(raw_redis).publish("web", 4)
    seconds, _ = await raw_redis.time()
    for name, value in (await raw_redis.hgetall(KEY)).items():
        long_ago_s = int(seconds) - FORGET_AFTER_S - 5
        await raw_redis.hset(KEY, name, f"{long_ago_s:.0f} {value.split()[1].decode()}")

    registry = ProcessRegistry(raw_redis)
    await registry.publish("web", 2)

    assert registry.running == {"web": Running(1, 2)}
    assert await raw_redis.hlen(KEY) == 1


async def test_the_bound_of_connections_is_that_of_all_hosts(parts, client, raw_redis):
    for _ in range(2):
        for kind, connections in (("web", 4), ("admitter", 2), ("worker", 1), ("worker", 1)):
            await ProcessRegistry(raw_redis).publish(kind, connections)
    await parts.line.process_registry.publish("web", 4)

    assert parts.db_connections_bound == 7  # of one command of each kind
    assert await bound_in_metrics(client) == 20


async def bound_in_metrics(client) -> int:
    text = (await client.get("/metrics")).text
    found = [line for line in text.splitlines() if line.startswith("waitroom_db_connections_max ")]
    return round(float(found[0].split()[1]))


async def test_all_kinds_of_processes_publish_themselves_and_web_shares_its_limits(
    house, line, engine, code, raw_redis
):
    """As one of 40 it counts each request, as its own few would add up to many times the limit."""
    registry, member = ProcessRegistry(raw_redis), f"m-{secrets.token_hex(4)}"
    others = [registry, *(ProcessRegistry(raw_redis) for _ in range(39))]
    house.environ["FORWARDED_ALLOW_IPS"] = "127.0.0.1"

    running = {"web": (41, 4), "admitter": (1, 2), "worker": (1, 1)}

    async with asyncio.timeout(3 * WITHIN_S), asyncio.TaskGroup() as group:
        publishing = group.create_task(publish_often(others))
        await asyncio.to_thread(house.start_all)
        await in_line(line, engine, code)
        latest_s = time.monotonic() + WITHIN_S
        while registry.running != running and time.monotonic() < latest_s:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await asyncio.to_thread(ask_once, house, code, member)
        while await counted(raw_redis, member) == 0:  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.1)
        publishing.cancel()

    assert registry.running == running
    assert await counted(raw_redis, member) == 1


async def publish_often(registries: list[ProcessRegistry]) -> None:
    """So that none is forgotten, however long a busy machine takes to start ours."""
    while True:
        for one in registries:
            await one.publish("web", 0)
        await asyncio.sleep(1)


async def counted(redis, member: str) -> int:
    """The requests of this member in Redis, in this window or the one before."""
    return sum([int(await redis.hget(key, f"m {member}") or 0) for key in KEYS])


def ask_once(house, code: str, member: str) -> None:
    request = urllib.request.Request(f"{house.base_url}/api/rooms/{code}/enter", method="POST")
    request.add_header("Authorization", f"Bearer {house.identity.sign(member)}")
    request.add_header("X-Forwarded-For", an_address())
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
        assert answer.status == 202


@pytest.mark.usefixtures("patient_limits")
async def test_forty_processes_allow_one_request_each_beside_the_limit(redis_url):
    most, processes, who = 60, 40, f"a test-{secrets.token_hex(4)}"
    opened_s = time.monotonic()
    lines = [open_line(redis_url) for _ in range(processes)]
    for line in lines:
        line.rate_limiter.share_among(processes)

    began, passed = await lines[0].measure_clock(), 0
    for _ in range(4):
        for line in lines:
            passed += await line.rate_limiter.wait_s(who, most) == 0
    ended = await lines[0].measure_clock()
    for line in lines:
        await line.aclose()

    # A window that is over counts ever less. A process decides anew by itself in each window of its
    # own, which begins as the process does.
    windows = 1 + ended.timestamp() // WINDOW_S - began.timestamp() // WINDOW_S
    slid = (ended - began).total_seconds() / WINDOW_S if windows > 1 else 0
    own = max(windows, 1 + (time.monotonic() - opened_s) // WINDOW_S)
    assert most <= passed <= most * (1 + slid) + processes * own
