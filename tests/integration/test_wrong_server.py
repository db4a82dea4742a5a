"""A primary that became a replica is left within 3 s, though nobody cuts its connections.

A proxy stands for the name or the address that operators move: it forwards new connections to the
promoted server, and open ones still to the demoted one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from redis import Redis
from redis.exceptions import RedisError
from redis.lock import Lock

from issuance.errors import OfficeAway
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.queue.redis_connection import QueueRedis, open_queue_redis
from tests.house import eventually, open_house
from tests.integration.cast import in_force
from tests.integration.line_cast import admit
from tests.redis_pair import RedisPair, redis_pair
from tests.tcp_proxy import Proxy, proxied
from waitroom.errors import LineAway
from waitroom.line import Line, open_line

FOLLOWS_WITHIN_S = 30.0
CONNECTIONS = 8
EARLY = 10
ROOM = "pair"


@dataclass
class Moving:
    """A pair behind one address."""

    pair: RedisPair
    proxy: Proxy
    url: str

    def swap(self) -> None:
        self.pair.swap()
        self.proxy.redirect(self.pair.replica.port)


@pytest.fixture
def moving() -> Iterator[Moving]:
    with redis_pair() as pair, proxied(pair.primary.url) as (proxy, url):
        yield Moving(pair, proxy, url)


@pytest.fixture
async def line(moving) -> AsyncIterator[Line]:
    """With as many open connections as it may have."""
    opened = open_line(moving.url, connections_max=CONNECTIONS)
    await in_force(opened, ROOM)
    await asyncio.gather(*(opened.room_stats(ROOM) for _ in range(4 * CONNECTIONS)))
    await asyncio.gather(*(opened.enter(ROOM, f"early-{number}") for number in range(EARLY)))
    yield opened
    await opened.aclose()


@pytest.fixture
def queue(moving) -> Iterator[QueueRedis]:
    with open_queue_redis(moving.url, timeout_s=2) as opened:
        opened.ping()
        yield opened


LINE_CALLS: dict[str, Callable[[Line], Awaitable[object]]] = {
    "enter": lambda line: line.enter(ROOM, "late"),
    "place": lambda line: line.place(ROOM, "early-1"),
    "admit": lambda line: admit(line, ROOM, at_most=1),
    "sign-in attempt": lambda line: line.login_throttle.start_attempt("alice", "10.0.0.1"),
    "session": lambda line: line.sessions.begin("alice"),
    "write": lambda line: line.probe.write(),
}


@pytest.mark.parametrize("call", LINE_CALLS)
async def test_the_line_follows_a_primary_that_was_demoted(moving, line, call):
    await asyncio.to_thread(moving.swap)
    began = time.monotonic()

    works = False
    while not works and time.monotonic() - began < FOLLOWS_WITHIN_S:
        with suppress(LineAway):
            await LINE_CALLS[call](line)
            await line.probe.write()
            works = True

    assert works
    assert (await line.enter(ROOM, "early-1")).arrival_us == (
        await line.place(ROOM, "early-1")
    ).arrival_us


async def test_one_answer_of_a_replica_makes_all_connections_connect_again(moving, line):
    """Else each would answer from the demoted server's copy until somebody writes through it."""
    await asyncio.to_thread(moving.swap)
    with Redis.from_url(moving.pair.primary.url) as demoted:
        demoted.replicaof("127.0.0.1", 9)  # its copy stays as it is
    new = open_line(moving.pair.replica.url)
    await new.enter(ROOM, "late")
    await new.aclose()

    with suppress(LineAway):
        await line.probe.write()

    seen = [await line.place(ROOM, "late"), *await line.statuses(ROOM, ["late"])]
    assert [status.kind for status in seen] == ["waiting", "waiting"]
    assert (await line.room_stats(ROOM)).waiting == EARLY + 1


QUEUE_CALLS: dict[str, Callable[[QueueRedis], object]] = {
    "set": lambda redis: redis.set("waitroom:queue:probe", 1),
    "capacity": lambda redis: JobQueue(
        redis, queue="test-pair", limits=JobQueueLimits()
    ).free_capacity(),
    "enqueue": lambda redis: JobQueue(redis, queue="test-pair", limits=JobQueueLimits()).enqueue(
        ROOM, ["alice"]
    ),
    "lock": lambda redis: Lock(redis, "waitroom:{pair}:lock", timeout=5).acquire(blocking=False),
}


@pytest.mark.parametrize("call", QUEUE_CALLS)
def test_the_queue_follows_a_primary_that_was_demoted(moving, queue, call):
    moving.swap()
    began = time.monotonic()

    works = False
    while not works and time.monotonic() - began < FOLLOWS_WITHIN_S:
        with suppress(RedisError, OfficeAway):
            QUEUE_CALLS[call](queue)
            works = True

    assert works


@pytest.mark.parametrize(
    ("name", "value"), [("min-replicas-to-write", "3"), ("replica-serve-stale-data", "no")]
)
async def test_a_server_that_is_cut_off_is_left_too(moving, line, queue, name, value):
    """NOREPLICAS of a primary without replicas; MASTERDOWN of a replica without its primary."""
    demoted = moving.pair.primary
    moving.pair.catch_up()
    with open_queue_redis(demoted.url, timeout_s=2) as redis:
        redis.config_set(name, value)
        if name == "replica-serve-stale-data":
            redis.replicaof("127.0.0.1", 9)
    with open_queue_redis(moving.pair.replica.url, timeout_s=2) as redis:
        redis.replicaof("NO", "ONE")
    moving.proxy.redirect(moving.pair.replica.port)

    for _ in range(2):
        with suppress(LineAway, RedisError):
            await line.probe.write()
            await asyncio.to_thread(queue.set, "waitroom:queue:probe", 1)

    await line.probe.write()
    assert (await line.enter(ROOM, "late")).ahead == EARLY
    assert queue.set("waitroom:queue:probe", 1)


def test_web_admitter_and_workers_follow_a_primary_that_was_demoted(moving, database_url, tmp_path):
    with open_house(database_url, moving.url, tmp_path, LEASE_S="2") as house:
        house.start_all()
        house.offer(ROOM, 100)

        def enters(member: str) -> bool:
            return house.member("POST", f"/api/rooms/{ROOM}/enter", member)[0] < 300

        def is_issued(member: str) -> bool:
            status, place = house.member("GET", f"/api/rooms/{ROOM}/place", member)
            return status == 200 and place["state"] == "issued"

        def opens() -> bool:
            path, body = f"/api/admin/rooms/{ROOM}", {"state": "open"}
            return house.call("PATCH", path, body, token=house.admin_token)[0] == 200

        assert enters("early")
        eventually(lambda: is_issued("early"))
        house.admin("PATCH", f"/rooms/{ROOM}", {"state": "paused"})
        assert enters("waiting")
        moving.swap()
        # Nobody cuts a connection: what does not follow by itself never does.
        eventually(lambda: enters("late"))
        eventually(opens)
        eventually(lambda: is_issued("waiting"))
        assert is_issued("early")
