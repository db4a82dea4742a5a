"""DATABASE_URL in each form that libpq takes, and what Postgres' driver gets of it."""

import pytest

from issuance.postgres.database_url import list_addresses, parse_database_url
from issuance.postgres.engine import open_engine
from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from tests.unit.settings_cast import environ

TWO = "postgresql://waitroom:p%40ss,word@db1:5432,db2:5433/waitroom"


def driver_arguments(url):
    parsed = parse_database_url(url)
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    return arguments


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        (TWO, "db1,db2", "5432,5433"),
        ("postgres://waitroom:p%40ss,word@db1,db2:5433/waitroom", "db1,db2", "5432,5433"),
        ("postgresql://waitroom:p%40ss,word@[::1]:5433,db2/waitroom", "::1,db2", "5433,5432"),
        (
            "postgresql+psycopg://waitroom:p%40ss,word@/waitroom?host=db1,db2&port=5432,5433",
            "db1,db2",
            "5432,5433",
        ),
        (
            "postgresql://waitroom:p%40ss,word@/waitroom?host=db1:5432&host=db2:5433",
            "db1,db2",
            "5432,5433",
        ),
    ],
)
def test_several_hosts_reach_the_driver_and_a_connection_wants_the_primary(url, hosts, ports):
    arguments = driver_arguments(url)

    assert (arguments["host"], arguments["port"]) == (hosts, ports)
    assert (arguments["user"], arguments["password"]) == ("waitroom", "p@ss,word")
    assert arguments["dbname"] == "waitroom"
    assert arguments["target_session_attrs"] == "read-write"


def test_one_host_is_read_as_before():
    query = "sslmode=require&target_session_attrs=any"
    arguments = driver_arguments(f"postgresql://waitroom:pw@[::1]:5433/waitroom?{query}")

    assert arguments == {
        "host": "::1",
        "port": 5433,
        "user": "waitroom",
        "password": "pw",
        "dbname": "waitroom",
        "sslmode": "require",
        "target_session_attrs": "any",
    }


def test_the_operators_own_choice_of_session_is_kept():
    assert driver_arguments(f"{TWO}?target_session_attrs=primary")["target_session_attrs"] == (
        "primary"
    )


def test_a_url_with_several_hosts_can_be_written_out_and_read_again():
    once = parse_database_url(TWO).set(database="other")

    again = parse_database_url(once.render_as_string(hide_password=False))

    assert again == once
    assert list_addresses(again) == ["db1:5432", "db2:5433"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://waitroom:hush@db1,/waitroom", "host or host:port"),
        ("postgresql://waitroom:hush@db1, db2:x/waitroom", "host or host:port"),
        (f"{TWO.replace('p%40ss', 'hush')}?target_session_attrs=standby", "read-write or primary"),
        ("postgresql://waitroom:hush@db1:5432,db2:x/waitroom", "host or host:port"),
        ("postgresql://waitroom:hush@/waitroom?host=db1,db2&target_session_attrs=any", "primary"),
    ],
)
def test_a_list_of_hosts_that_can_not_be_used_is_refused_without_its_password(url, words):
    with pytest.raises(BadSettings, match=r"^DATABASE_URL: ") as told:
        read_settings(WebSettings, environ | {"DATABASE_URL": url})

    assert words in str(told.value)
    assert "hush" not in str(told.value)


def test_a_setting_with_several_hosts_is_taken():
    assert TWO == read_settings(WebSettings, environ | {"DATABASE_URL": TWO}).DATABASE_URL


def test_an_engine_for_several_hosts_hides_the_password():
    engine = open_engine(TWO, connections_max=1, name="test")

    assert "word" not in repr(engine)
