"""Two deployments that share a Redis, a queue or a port by mistake do not answer for each other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from redis import Redis

from issuance.deployment import LINE_KEY, DeploymentClaim, renew_deployment_id
from issuance.migrate import migrate
from issuance.offers import list_offers
from issuance.postgres.engine import open_engine
from processes.supervisor import EXIT_BAD_SETTINGS
from tests.house import House, Process, eventually, open_house
from tests.integration.cast import on_offer
from tests.integration.deployment_cast import (
    KINDS,
    beside,
    ended,
    fails,
    queue_key,
    start,
)
from tests.servers import Servers, drop_database, fresh_database
from tests.tcp_proxy import proxied


@pytest.fixture
def own_database(servers: Servers) -> Iterator[Callable[[], str]]:
    """Makes a database that was migrated by itself: a copy would be the same deployment."""
    names: list[str] = []

    def make() -> str:
        names.append(f"waitroom_deployment_{secrets.token_hex(4)}")
        url = fresh_database(servers.database_url, names[-1])
        engine = open_engine(url, connections_max=1, name="migrate")
        migrate(engine)
        engine.dispose()
        return url

    yield make
    for name in names:
        drop_database(servers.database_url, name)


@pytest.fixture
def other(own_database, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """Another deployment, given the same Redis by mistake."""
    folder = tmp_path / "other"
    folder.mkdir()
    with open_house(own_database(), redis_url, folder) as made:
        yield made


@pytest.fixture
def serving(house: House) -> Process:
    """The admitter of the deployment that was there first."""
    process = house.start("admitter")
    eventually(lambda: "admitting" in house.log.read_text())
    return process


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_finds_another_deployments_redis_ends_with_a_sentence(
    kind, serving, house, other
):
    process = start(other, kind)

    assert ended(other, process) == EXIT_BAD_SETTINGS
    said = " ".join(other.log.read_text().split())
    assert "belongs to another deployment" in said
    assert "REDIS_URL" in said
    assert "waitroom adopt" in said
    assert serving.poll() is None


@pytest.mark.parametrize("kind", ["admitter", "worker"])
def test_a_queue_that_two_share_is_noticed_too(kind, serving, house, other, redis_url):
    other.environ["QUEUE_NAME"] = house.environ["QUEUE_NAME"]
    other.environ["QUEUE_REDIS_URL"] = redis_url
    other.environ["REDIS_URL"] = beside(redis_url, 1)

    process = start(other, kind)

    assert ended(other, process) == EXIT_BAD_SETTINGS
    said = " ".join(other.log.read_text().split())
    assert house.environ["QUEUE_NAME"] in said
    assert "QUEUE_NAME" in said
    with Redis.from_url(beside(redis_url, 1)) as redis:
        redis.flushdb()


def test_two_deployments_with_a_redis_database_each_go_on(serving, house, other, redis_url):
    other.environ["REDIS_URL"] = beside(redis_url, 1)

    process = other.start("admitter")

    eventually(lambda: "admitting" in other.log.read_text())
    assert (serving.poll(), process.poll()) == (None, None)
    other.stop(process)
    with Redis.from_url(beside(redis_url, 1)) as redis:
        redis.flushdb()


def test_a_port_that_another_deployment_serves_is_not_shared(house, other, redis_url):
    house.start_web()
    other.environ["REDIS_URL"] = beside(redis_url, 1)

    process = other.start("web", "--port", str(house.port))

    assert ended(other, process) == EXIT_BAD_SETTINGS
    assert f"port {house.port}" in other.log.read_text()
    assert house.is_ready()
    with Redis.from_url(beside(redis_url, 1)) as redis:
        redis.flushdb()


@pytest.fixture
def line_redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.mark.parametrize("key", ["line", "queue"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_redis_that_becomes_another_deployments_ends_each_process(kind, key, house, line_redis):
    """As when a Redis behind a name is swapped, or somebody adopts it."""
    process = start(house, kind)
    eventually(lambda: line_redis.exists(LINE_KEY, queue_key(house)) == 2)

    line_redis.set(LINE_KEY if key == "line" else queue_key(house), "another-one")

    assert ended(house, process) == EXIT_BAD_SETTINGS
    assert "another-one" in house.log.read_text()


def test_a_redis_that_lost_everything_is_the_same_deployments_again(house, line_redis):
    processes = [start(house, kind) for kind in KINDS if kind != "workers"]
    eventually(lambda: line_redis.exists(LINE_KEY, queue_key(house)) == 2)
    own = line_redis.get(LINE_KEY)

    line_redis.delete(LINE_KEY, queue_key(house))

    eventually(lambda: line_redis.mget(LINE_KEY, queue_key(house)) == [own, own])
    assert [process.poll() for process in processes] == [None, None, None]


def test_of_two_that_begin_at_once_one_gets_the_redis(conveyor):
    """Each at its own pace; asked again, each says the same."""
    for number in range(100):
        key = f"waitroom:test-{secrets.token_hex(4)}"
        place = DeploymentClaim(conveyor, key, "The place", "")
        begin = Barrier(2)

        def claim(own: str, place: DeploymentClaim = place, begin: Barrier = begin) -> str | None:
            begin.wait()
            return place.claim(own)

        with ThreadPoolExecutor(2) as pool:
            found = dict(zip("ab", pool.map(claim, "ab"), strict=True))

        winner = conveyor.get(key).decode()
        loser = "b" if winner == "a" else "a"
        conveyor.delete(key)
        assert found == {winner: None, loser: winner}, number


def test_one_that_writes_its_id_between_anothers_look_and_write_keeps_the_redis(redis_url):
    key = f"waitroom:test-{secrets.token_hex(4)}"

    class Overtaken(Redis):
        """Looks, and is then overtaken by `faster`."""

        def get(self, name: str) -> bytes | None:
            found = super().get(name)
            if found is None:
                assert faster.claim("faster") is None
            return found

    with Redis.from_url(redis_url) as redis, Overtaken.from_url(redis_url) as overtaken:
        faster = DeploymentClaim(redis, key, "The place", "")
        found = DeploymentClaim(overtaken, key, "The place", "").claim("slower")
        kept = redis.getdel(key)

    assert (found, kept) == ("faster", b"faster")


def test_adopting_takes_over_and_ends_the_other_deployments_processes(
    serving, house, other, line_redis
):
    theirs = line_redis.get(LINE_KEY).decode()
    other.environ["QUEUE_NAME"] = house.environ["QUEUE_NAME"]

    refused = fails(other, "adopt", given="n\n")
    kept = line_redis.get(LINE_KEY).decode()
    said = " ".join(other.command("adopt", "--yes").split())

    assert "Nothing was changed" in refused
    assert kept == theirs
    assert f"The line's Redis at {urlsplit(other.redis_url).hostname}" in said
    assert said.count(f"no longer to {theirs}") == 2
    assert ended(house, serving) == EXIT_BAD_SETTINGS
    other.start("admitter")
    eventually(lambda: "admitting" in other.log.read_text())
    assert "already belong to it" in " ".join(other.command("adopt").split())


def test_processes_go_on_where_their_own_database_gets_a_new_id(house, serving, line_redis):
    old = line_redis.get(LINE_KEY)
    engine = open_engine(house.environ["DATABASE_URL"], connections_max=1, name="test")
    new = renew_deployment_id(engine)
    engine.dispose()

    house.command("adopt", "--yes")
    time.sleep(2.5)

    assert old != new.encode()
    assert line_redis.get(LINE_KEY) == new.encode()
    assert serving.poll() is None


@pytest.mark.parametrize(
    "words",
    [
        ("coupon", "create", "CODE", "--total", "10", "--amount", "5", "--description", "x"),
        ("room", "set", "CODE", "--rate", "5"),
        ("reconcile", "CODE", "--repair"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_changes_nothing_where_the_redis_is_another_deployments(
    words, serving, other, code
):
    engine = open_engine(other.environ["DATABASE_URL"], connections_max=1, name="test")
    if words[0] != "coupon":
        on_offer(engine, code)
    before = [offer.settings for offer in list_offers(engine)]

    said = fails(other, *(code if word == "CODE" else word for word in words))

    assert "belongs to another deployment" in said
    assert [offer.settings for offer in list_offers(engine)] == before
    engine.dispose()


def test_a_web_command_serves_while_postgres_is_away_and_ends_once_it_knows(serving, other):
    """What a store that is away can't say is asked again each second."""
    with proxied(other.environ["DATABASE_URL"]) as (proxy, url):
        other.environ["DATABASE_URL"] = url
        proxy.cut()
        process = other.start("web", "--port", str(other.port))
        eventually(lambda: "serving" in other.log.read_text())
        assert process.poll() is None

        proxy.mend()

        assert ended(other, process) == EXIT_BAD_SETTINGS
