"""The tests' own servers: databases made from a template, or those of the environment."""

from collections.abc import Iterator
from contextlib import ExitStack
from secrets import token_hex

import psycopg
import pytest

from tests.servers import Servers, drop_database, fresh_database


@pytest.fixture
def names(servers: Servers) -> Iterator[list[str]]:
    """Two databases that are dropped afterwards."""
    with ExitStack() as stack:
        made = [f"waitroom_test_{token_hex(4)}" for _ in range(2)]
        for name in made:
            stack.callback(drop_database, servers.database_url, name)
        yield made


def test_a_database_copied_from_a_template_has_its_tables(servers, names) -> None:
    pattern = fresh_database(servers.database_url, names[0])
    with psycopg.connect(pattern) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '봄' AS name")

    copy = fresh_database(servers.database_url, names[1], template=names[0])

    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT name FROM kept").fetchall() == [("봄",)]


def test_a_database_is_dropped_with_its_connections_or_was_not_there(servers, names) -> None:
    with psycopg.connect(fresh_database(servers.database_url, names[0])) as busy:
        drop_database(servers.database_url, names[0])

        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT 1")
    drop_database(servers.database_url, names[0])


def test_one_of_the_same_name_is_made_anew(servers, names) -> None:
    with psycopg.connect(fresh_database(servers.database_url, names[0])) as connection:
        connection.execute("CREATE TABLE kept (name text)")

    with psycopg.connect(fresh_database(servers.database_url, names[0])) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchall() == [(None,)]


def test_servers_of_the_environment_are_taken_instead() -> None:
    given = {"REDIS_URL": "redis://cache/0", "DATABASE_URL": "postgresql+psycopg://db/shop"}

    with Servers(given) as servers:
        assert servers.redis_url == "redis://cache/0"
        assert servers.database_url == "postgresql://db/shop"
