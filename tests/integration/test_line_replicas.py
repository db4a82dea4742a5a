"""LINE_REPLICAS: a place that replicas acknowledged outlives a failover; the others are counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from processes.child_process import free_port
from processes.store_checks import log_store_faults
from tests.faults.link import Link
from tests.house import eventually
from tests.integration.cast import in_force
from tests.integration.line_cast import enter
from tests.integration.web_cast import app_with, by, client_of, in_line
from tests.redis_pair import RedisPair, redis_pair
from waitroom.errors import LineAway
from waitroom.line import Line, open_line
from waitroom.redis_io import acknowledged
from waitroom.redis_io.acknowledged import Replication
from waitroom.redis_io.keys import Keys
from web.metrics.unacknowledged import UnacknowledgedPlaces

ROOM = "pair"
LAGS_S = (0.05, 0.3, 1.5)
# Longer than a busy machine takes to pass an acknowledgement on.
PATIENT_MS = 10_000


@pytest.fixture(scope="module")
def servers_of_a_pair() -> Iterator[RedisPair]:
    with redis_pair() as running:
        yield running


@pytest.fixture
async def replication_link(servers_of_a_pair: RedisPair) -> AsyncIterator[Link]:
    """The replica follows through it, and has all data."""
    pair = servers_of_a_pair
    link = Link(free_port(), lambda: pair.primary.port)
    await link.open()
    with Redis.from_url(pair.primary.url) as primary:
        primary.replicaof("NO", "ONE")
        primary.flushall()
    await asyncio.to_thread(pair.replicate, pair.replica, link)
    yield link
    link.close()


@pytest.fixture
def pair(servers_of_a_pair: RedisPair, replication_link: Link) -> RedisPair:
    return servers_of_a_pair


@pytest.fixture
def counted() -> UnacknowledgedPlaces:
    return UnacknowledgedPlaces()


@pytest.fixture
async def waiting_line(pair: RedisPair, counted: UnacknowledgedPlaces) -> AsyncIterator[Line]:
    """Entering waits for one replica; the room is in force."""
    opened = open_line(pair.primary.url, replication=Replication(1, counted))
    await in_force(opened, ROOM)
    yield opened
    await opened.aclose()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for acknowledgements for so long that a busy machine passes them on."""
    monkeypatch.setattr(acknowledged, "ACKNOWLEDGED_WITHIN_MS", PATIENT_MS)


async def enter_apart(line: Line, counted: UnacknowledgedPlaces, members: list[str]) -> set[str]:
    """Enter them one by one. Returns those whose places were counted as unacknowledged."""
    found = set()
    for member in members:
        before = counted.total()
        assert (await line.enter(ROOM, member)).kind == "waiting"
        if counted.total() > before:
            found.add(member)
    return found


def promote(pair: RedisPair) -> set[str]:
    """Let the replica take over. Returns the members who have a place on it."""
    with Redis.from_url(pair.replica.url, decode_responses=True) as redis:
        redis.replicaof("NO", "ONE")
        return set(redis.zrange(Keys(ROOM).waiting, 0, -1))


@pytest.mark.parametrize("lag_s", LAGS_S)
async def test_a_failover_loses_no_place_that_a_replica_acknowledged(
    pair, replication_link, waiting_line, counted, lag_s
):
    early, late, last = ([f"{when}-{n}" for n in range(4)] for when in ("early", "late", "last"))
    unacknowledged = await enter_apart(waiting_line, counted, early)
    replication_link.slow_by_s = lag_s
    await replication_link.break_("slow")
    unacknowledged |= await enter_apart(waiting_line, counted, late)
    await replication_link.break_("hang")
    unacknowledged |= await enter_apart(waiting_line, counted, last)
    await replication_link.break_("reset")

    lost = {*early, *late, *last} - promote(pair)

    assert lost >= set(last)  # the failover took hold
    assert lost <= unacknowledged
    assert len(lost) <= counted.total()


@pytest.mark.usefixtures("patient")
async def test_places_that_a_replica_acknowledges_are_not_counted(pair, waiting_line, counted):
    first = await enter(waiting_line, ROOM, ["alice", "bob"])
    with Redis.from_url(pair.primary.url) as redis:
        redis.script_flush()
    again = await enter(waiting_line, ROOM, ["bob", "carol"])

    assert counted.total() == 0
    assert [one.ahead for one in first + again] == [0, 1, 1, 2]
    assert promote(pair) == {"alice", "bob", "carol"}


async def test_while_the_replica_hangs_members_enter_and_each_place_is_counted(
    pair, waiting_line, counted, capsys
):
    with pair.stopped_replica():
        entered = await enter(waiting_line, ROOM, ["alice", "bob", "carol"])
        await waiting_line.enter(ROOM, "dora")

    assert [one.ahead for one in entered] == [0, 1, 2]
    assert counted.total() == 4
    assert capsys.readouterr().out.count("too few replicas acknowledge places") == 1


async def test_a_place_that_another_connection_gave_is_acknowledged_for_itself(pair, waiting_line):
    """As after a call whose answer was lost: the repeated call gives no place, and tells one."""
    counted = UnacknowledgedPlaces()
    repeats = open_line(pair.primary.url, replication=Replication(1, counted))

    with pair.stopped_replica():
        first = await waiting_line.enter(ROOM, "alice")
        again = await repeats.enter(ROOM, "alice")
    await repeats.aclose()

    assert again.arrival_us == first.arrival_us
    assert counted.total() == 1


@pytest.mark.usefixtures("patient")
async def test_a_place_on_a_primary_that_is_demoted_meanwhile_is_not_told(
    pair, waiting_line, counted
):
    with Redis.from_url(pair.primary.url) as redis, pair.stopped_replica():
        entering = asyncio.create_task(waiting_line.enter(ROOM, "alice"))
        await asyncio.to_thread(eventually, lambda: redis.zcard(Keys(ROOM).waiting) == 1)
        redis.replicaof("127.0.0.1", 9)
        with pytest.raises(LineAway):
            await entering
        redis.replicaof("NO", "ONE")

    assert counted.total() == 0
    assert (await waiting_line.enter(ROOM, "bob")).ahead == 1


async def test_a_redis_that_refuses_to_wait_counts_as_one_without_replicas(pair, counted, capsys):
    with Redis.from_url(pair.primary.url) as redis:
        redis.acl_setuser(
            "no-wait", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-wait"]
        )
    url = pair.primary.url.replace("//:" + pair.password, "//no-wait:any")
    line = open_line(url, replication=Replication(1, counted))
    await in_force(line, ROOM)

    entered = [await line.enter(ROOM, member) for member in ("alice", "bob")]
    await line.aclose()

    assert [one.ahead for one in entered] == [0, 1]
    assert counted.total() == 2
    assert "wait" in capsys.readouterr().out.partition("cause=")[2]


async def test_without_any_replica_both_ways_into_the_line_count(
    parts, line, engine, code, redis_url, counted, monkeypatch
):
    """By the fast path, and with a body by the framework."""
    monkeypatch.setattr("web.metrics.route.FRESH_S", 0)
    waiting = open_line(redis_url, replication=Replication(1, counted))
    app = app_with(parts, line=waiting)
    await in_line(line, engine, code)

    path = f"/api/rooms/{code}/enter"
    async with client_of(app) as client:
        answers = [
            await client.post(path, headers=by("alice")),
            await client.post(path, headers=by("bob"), content=b"{}"),
        ]
        metrics = (await client.get("/metrics")).text
    await waiting.aclose()

    assert [answer.json()["ahead"] for answer in answers] == [0, 1]
    assert {
        sample.name: sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if "unacknowledged" in sample.name
    } == {"waitroom_unacknowledged_places_total": 2}


async def test_a_process_that_starts_warns_of_missing_replicas(
    waiting_line, line, redis_url, conveyor, engine, counted, capsys
):
    alone = open_line(redis_url, replication=Replication(1, counted))
    for served in (waiting_line, line):
        await log_store_faults(served, conveyor, engine)
    warned_before = capsys.readouterr().out

    await log_store_faults(alone, conveyor, engine)
    await alone.aclose()

    assert "LINE_REPLICAS" not in warned_before
    assert "fewer replicas than LINE_REPLICAS" in capsys.readouterr().out


def test_the_processes_of_a_command_report_one_sum(tmp_path):
    one, other = UnacknowledgedPlaces(tmp_path), UnacknowledgedPlaces(tmp_path)

    one.add(2)
    other.add(3)

    assert (one.total(), other.total()) == (5, 5)
