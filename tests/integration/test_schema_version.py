"""The schema's revision is kept apart from other applications', and what can't be done is said."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from typer.testing import CliRunner

from cli.main import app as cli
from issuance import offers as catalogue
from issuance.deployment import deployment_id
from issuance.errors import OfficeRefused
from issuance.migrate import SchemaRefused, migrate
from issuance.postgres.engine import open_engine
from tests.servers import drop_database, fresh_database

ROOT = Path(__file__).parents[2]
HEAD = sorted(path.stem[:4] for path in (ROOT / "issuance/migrations/versions").glob("0*.py"))[-1]


@pytest.fixture
def empty(servers) -> Iterator[str]:
    """The URL of a database without tables."""
    name = f"waitroom_empty_{secrets.token_hex(4)}"
    yield fresh_database(servers.database_url, name)
    drop_database(servers.database_url, name)


@pytest.fixture
def empty_engine(empty):
    made = open_engine(empty, connections_max=1, name="test")
    yield made
    made.dispose()


def run(url: str, *commands: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        for command in commands:
            db.execute(command)


def rows(url: str, table: str) -> list[str]:
    with psycopg.connect(url) as db:
        return [one for (one,) in db.execute(f"SELECT version_num FROM {table}")]


def as_a_release_before_left_it(url: str, engine, revision: str) -> None:
    """Its revision is in Alembic's own table, and ours is not there."""
    migrate(engine, revision)
    run(
        url,
        "ALTER TABLE waitroom_schema_version RENAME TO alembic_version",
        "ALTER INDEX waitroom_schema_version_pkc RENAME TO alembic_version_pkc",
    )


@contextmanager
def nothing_refused() -> Iterator[None]:
    try:
        yield
    except (OfficeRefused, SchemaRefused) as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("foreign", ["a1b2c3d4e5f6", "0001", HEAD])
def test_another_applications_revision_is_left_alone(empty, empty_engine, foreign):
    run(
        empty,
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('{foreign}')",
    )

    with nothing_refused():
        migrate(empty_engine)
        migrate(empty_engine)
        offers = catalogue.list_offers(empty_engine)

    assert rows(empty, "alembic_version") == [foreign]
    assert rows(empty, "waitroom_schema_version") == [HEAD]
    assert offers == []


@pytest.mark.parametrize("revision", ["0001", "0005", HEAD])
def test_an_older_installation_is_carried_over_and_its_program_finds_its_revision(
    empty, empty_engine, revision
):
    as_a_release_before_left_it(empty, empty_engine, revision)

    with nothing_refused():
        migrate(empty_engine)

    assert rows(empty, "waitroom_schema_version") == [HEAD]
    assert rows(empty, "alembic_version") == [revision]
    assert catalogue.list_offers(empty_engine) == []


def test_an_older_installation_beside_another_applications_revision_is_carried_over(
    empty, empty_engine
):
    as_a_release_before_left_it(empty, empty_engine, HEAD)
    run(empty, "INSERT INTO alembic_version VALUES ('a1b2c3d4e5f6')")

    migrate(empty_engine)

    assert rows(empty, "waitroom_schema_version") == [HEAD]
    assert sorted(rows(empty, "alembic_version")) == [HEAD, "a1b2c3d4e5f6"]


def test_a_schema_of_a_newer_version_is_said_and_left_alone(empty, empty_engine):
    migrate(empty_engine)
    run(empty, "UPDATE waitroom_schema_version SET version_num = '9999'")

    with pytest.raises(SchemaRefused, match="newer"):
        migrate(empty_engine)

    assert rows(empty, "waitroom_schema_version") == ["9999"]


def test_another_applications_table_of_the_same_name_is_said(empty, empty_engine):
    run(empty, "CREATE TABLE coupons (id int)")

    with pytest.raises(SchemaRefused, match=r'"coupons" already exists.*separate database'):
        migrate(empty_engine)

    with empty_engine.begin() as tx:
        assert tx.execute(text("SELECT to_regclass('rooms')")).scalar_one() is None


@pytest.fixture
def modest(empty) -> Iterator[str]:
    """The URL of a role that may connect, and create nothing."""
    role, password = f"waitroom_modest_{secrets.token_hex(4)}", secrets.token_hex(8)
    name = sql.Identifier(role)
    parts = urlsplit(empty)
    with psycopg.connect(empty, autocommit=True) as db:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    place = parts.netloc.rpartition("@")[2]
    yield urlunsplit(parts._replace(netloc=f"{role}:{password}@{place}"))
    with psycopg.connect(empty, autocommit=True) as db:
        db.execute(sql.SQL("DROP OWNED BY {}").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


def command(url: str, *words: str) -> tuple[int, str]:
    """Run `waitroom WORDS`: its exit code, and what it said on both outputs."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env={"DATABASE_URL": url, "PATH": "/usr/bin:/bin", "COLUMNS": "1000"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_migrating_says_what_it_did(empty, empty_engine, monkeypatch):
    said = [str(migrate(empty_engine, to)) for to in ("0001", HEAD)]
    monkeypatch.setenv("DATABASE_URL", empty)
    printed = CliRunner().invoke(cli, ["migrate"], catch_exceptions=False).output

    assert said == [
        "The schema was created, at revision 0001.",
        f"The schema was upgraded from revision 0001 to {HEAD}.",
    ]
    assert f"The schema was up to date, at revision {HEAD}: nothing was changed." in printed
    assert f"This deployment is {deployment_id(empty_engine)}." in printed


def test_a_role_that_may_create_nothing_is_told_what_to_do(modest):
    code, said = command(modest, "migrate")

    assert code == 1
    assert "Traceback" not in said
    assert "permission denied" in said
    assert "GRANT CREATE ON SCHEMA public" in said
    assert urlsplit(modest).password not in said


def test_a_role_that_does_not_own_the_tables_is_told_what_to_do(empty, empty_engine, modest):
    migrate(empty_engine, "0001")
    run(empty, f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{urlsplit(modest).username}"')

    code, said = command(modest, "migrate")

    assert code == 1
    assert "Traceback" not in said
    assert "own" in said


def test_a_database_without_our_tables_is_said_to_need_a_migration(empty):
    code, said = command(empty, "coupon", "list")

    assert code == 1
    assert "Traceback" not in said
    assert "waitroom migrate" in said


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("127.0.0.1:9", "127.0.0.1:9 refused the connection"),
        ("nohost.invalid:5432", "nohost.invalid"),
    ],
)
def test_a_postgres_that_is_not_there_is_named_without_its_password(place, says):
    code, said = command(f"postgresql://shop:a-secret@{place}/shop", "migrate")

    assert code == 1
    assert says in said
    assert "a-secret" not in said


def asks_no_password(database_url: str) -> bool:
    try:
        psycopg.connect(database_url, password="a-wrong-one").close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_wrong_password_is_said_by_postgres_itself(servers):
    place = urlsplit(servers.database_url).netloc.rpartition("@")[2]

    code, said = command(f"postgresql://nobody_of_ours:a-secret@{place}/postgres", "migrate")

    assert code == 1
    # A Postgres that trusts this host looks for the role alone.
    says = "role" if asks_no_password(servers.database_url) else "password authentication failed"
    assert f"{place}: {says}" in said
    assert "a-secret" not in said
