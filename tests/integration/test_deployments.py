"""Two deployments that share a Redis, a queue or a port by mistake do not answer for each other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis import Redis

from cli.supervise import EXIT_BAD_SETTINGS
from issuance.database import open_engine
from issuance.migrate import migrate
from tests.house import House, Process, eventually, open_house
from tests.servers import Servers, drop_database, fresh_database

KINDS = {
    "web": ("web", "--port", "0"),
    "admitter": ("admitter",),
    "worker": ("worker", "--workers", "1"),
    "workers": ("worker", "--workers", "2"),
}


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


def start(house: House, kind: str) -> Process:
    words = KINDS[kind]
    return house.start(*(str(house.port) if one == "0" else one for one in words))


def exit_code(process: Process) -> int:
    eventually(lambda: process.poll() is not None)
    code = process.poll()
    assert code is not None
    return code


def ended(house: House, process: Process) -> int:
    house.processes.remove(process)
    return exit_code(process)


def beside(redis_url: str, database: int) -> str:
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{database}"))


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
    assert f"Port {house.port}" in other.log.read_text()
    assert house._is_ready()
    with Redis.from_url(beside(redis_url, 1)) as redis:
        redis.flushdb()
