"""The tests' own servers: databases made from a template, or those of the environment."""

import psycopg

from tests.servers import Servers, drop_database, fresh_database


def test_a_database_copied_from_a_template_has_its_tables() -> None:
    with Servers({}) as servers:
        pattern = fresh_database(servers.database_url, "pattern")
        with psycopg.connect(pattern) as connection:
            connection.execute("CREATE TABLE kept AS SELECT '봄' AS name")

        copy = fresh_database(servers.database_url, "copy", template="pattern")

        with psycopg.connect(copy) as connection:
            assert connection.execute("SELECT name FROM kept").fetchall() == [("봄",)]


def test_a_database_is_dropped_with_its_connections_or_was_not_there() -> None:
    with Servers({}) as servers:
        with psycopg.connect(fresh_database(servers.database_url, "busy")):
            drop_database(servers.database_url, "busy")

        drop_database(servers.database_url, "busy")


def test_servers_of_the_environment_are_taken_instead() -> None:
    given = {"REDIS_URL": "redis://cache/0", "DATABASE_URL": "postgresql+psycopg://db/shop"}

    with Servers(given) as servers:
        assert servers.redis_url == "redis://cache/0"
        assert servers.database_url == "postgresql://db/shop"
