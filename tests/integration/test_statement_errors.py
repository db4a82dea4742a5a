"""A statement that Postgres refuses ends no process: admission goes on, and so does the rest."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from tests.house import eventually, open_house
from tests.integration.test_processes import enter_all, states
from waitroom.redis_io.keys import Keys

LASTS_S = 3.0

_FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON watermarks
FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""
# What breaks, and what mends it; {role} is who the processes sign in as.
FAULTS = {
    "a table renamed": (
        "ALTER TABLE rooms RENAME TO rooms_elsewhere",
        "ALTER TABLE rooms_elsewhere RENAME TO rooms",
    ),
    "a column dropped": (
        "ALTER TABLE coupons RENAME COLUMN description TO words",
        "ALTER TABLE coupons RENAME COLUMN words TO description",
    ),
    "a permission": (
        "REVOKE ALL ON rooms, watermarks FROM {role}",
        "GRANT ALL ON rooms, watermarks TO {role}",
    ),
    "a full disk": (_FULL, "DROP FUNCTION refuse CASCADE"),
}


@contextmanager
def signed_in_as_a_role(database_url: str) -> Iterator[tuple[str, str]]:
    """A role that owns nothing, and the URL by which it works on the tables."""
    role, password = f"waitroom_role_{secrets.token_hex(4)}", secrets.token_hex(8)
    name = sql.Identifier(role)
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        db.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(name))
        db.execute(sql.SQL("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    try:
        yield role, urlunsplit(parts._replace(netloc=f"{role}:{password}@{place}"))
    finally:
        with psycopg.connect(database_url, autocommit=True) as db:
            db.execute(sql.SQL("DROP OWNED BY {}").format(name))
            db.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def role(database_url: str) -> Iterator[tuple[str, str]]:
    with signed_in_as_a_role(database_url) as made:
        yield made


def test_admission_goes_on_while_postgres_refuses_statements(
    database_url, redis_url, role, code, tmp_path
):
    name, url = role
    admitted_meanwhile, ended = {}, {}
    members = [f"member-{n}" for n in range(3_000)]
    with open_house(url, redis_url, tmp_path) as house, Redis.from_url(redis_url) as redis:

        def admitted() -> int:
            return int(redis.hget(Keys(code).tally, "admitted") or 0)

        admitter = house.start("admitter")
        worker = house.start("worker", "--workers", "1")
        house.start_web()
        house.offer(code, total=5_000, rate_per_s=20, burst=1)
        enter_all(house, code, members[:600])
        for fault, (breaks, mends) in FAULTS.items():
            meanwhile = admitted()
            eventually(lambda before=meanwhile: admitted() > before)
            with psycopg.connect(database_url, autocommit=True) as db:
                db.execute(breaks.format(role=name))
                time.sleep(1.5)  # a round of all chores
                before = admitted()
                time.sleep(LASTS_S - 1.5)
                admitted_meanwhile[fault] = admitted() - before
                ended[fault] = [admitter.poll(), worker.poll()]
                db.execute(mends.format(role=name))
        house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 1_000})
        eventually(lambda: set(states(house, code, members[:600])) == {"issued"})
        log = house.log.read_text()

    assert ended == {fault: [None, None] for fault in FAULTS}
    assert min(admitted_meanwhile.values()) > 0, admitted_meanwhile
    # Each is logged once, by its cause, and not twice a second.
    assert 1 <= log.count('relation "rooms" does not exist') <= 8
    assert "permission denied for table rooms" in log
