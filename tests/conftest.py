"""Fixtures of all tests: servers, databases, lines, processes; and the order of the tests."""

from __future__ import annotations

import gc
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from sqlalchemy import Engine

from domain.room import ROOM_KINDS
from issuance.deployment import LINE_KEY
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from tests.given_clock import GivenClock, given_clock
from tests.house import House, open_house
from tests.kinds import mark_kinds, put_in_order
from tests.servers import Servers, drop_database, fresh_database
from waitroom.line import Line, open_line
from waitroom.redis_io.keys import rooms_key

pytest_plugins = ("tests.needs",)
# For an answer of Redis: a busy machine may stop it for seconds.
PATIENT_S = 60.0
# Collection makes a million objects that stay: looking through them again and again takes seconds.
gc.disable()
# As our processes log: structlog's default renders each traceback with rich, which takes seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer(colors=False)]
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark before `-m` looks at markers, and sort after pytest has sorted by parameters."""
    mark_kinds(items, units=Path(__file__).with_name("unit"))
    yield
    put_in_order(items)


def pytest_collection_finish() -> None:
    """Collect garbage from now on, but leave out what is there now, which stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def forget_other_deployments(request: pytest.FixtureRequest) -> None:
    """Release the Redis: processes claim it for their database, and each test has its own."""
    if any("servers" in item.fixturenames for item in _items_of(request)):
        forget_deployment(request.getfixturevalue("servers"))


def _items_of(request: pytest.FixtureRequest) -> list[pytest.Function]:
    return [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
    ]


def forget_deployment(servers: Servers) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        redis.delete(LINE_KEY, *redis.scan_iter("waitroom:queue:*:deployment"))


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """A migrated database that tests copy, which is faster than migrating one for each."""
    name = f"waitroom_template_{secrets.token_hex(4)}"
    url = fresh_database(servers.database_url, name)
    engine = open_engine(url, connections_max=1, name="template")
    migrate(engine)
    engine.dispose()
    yield name
    drop_database(servers.database_url, name)


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """A migrated, empty database for this test."""
    forget_deployment(servers)
    name = f"waitroom_test_{secrets.token_hex(4)}"
    yield servers.pooled(servers.copy_database(template, name))
    servers.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = open_engine(database_url, connections_max=8, name="test")
    yield made
    made.dispose()


@pytest.fixture
def redis_url(servers: Servers) -> str:
    return servers.redis_url


@pytest.fixture
def redis_clock(redis_url: str, tmp_path: Path) -> Iterator[GivenClock]:
    """A clock in place of Redis'. Lines opened after it read it: ask for it by `usefixtures`."""
    with given_clock(redis_url, tmp_path) as clock:
        yield clock


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    opened = open_line(redis_url, timeout_s=PATIENT_S)
    yield opened
    await opened.aclose()


@pytest.fixture
async def raw_redis(redis_url: str) -> AsyncIterator[AsyncRedis]:
    """A connection for the test itself, to read and change a line's keys."""
    async with AsyncRedis.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
def code(redis_url: str) -> Iterator[str]:
    """A new room. Its keys are deleted one by one: the Redis may not be ours to flush.

    So are those of rooms whose names begin with it.
    """
    made = f"t-{secrets.token_hex(5)}"
    yield made
    with Redis.from_url(redis_url) as redis:
        for served in map(rooms_key, ROOM_KINDS):
            for room in redis.smembers(served):
                if room.startswith(made.encode()):
                    redis.srem(served, room)
        for key in redis.scan_iter(f"waitroom:{{{made}*}}:*", count=1_000):
            redis.delete(key)


@pytest.fixture
def house(database_url: str, redis_url: str, tmp_path: Path, code: str) -> Iterator[House]:
    """The product's processes, none started yet, on this test's database.

    They end before the room `code` is deleted: an admitter would make it again.
    """
    with open_house(database_url, redis_url, tmp_path) as made:
        yield made
