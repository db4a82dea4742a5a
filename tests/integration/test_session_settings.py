"""What is relied on holds whatever a DBA has made the default of a database."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from issuance import offers
from issuance.errors import OfficeRefused
from issuance.issue import issue
from issuance.issue_transaction import FIND_LOCKED, open_issue_transaction
from issuance.issued_coupons import list_holders
from issuance.postgres import engine as engines
from issuance.postgres.engine import LOCK_TIMEOUT_S, open_engine
from issuance.postgres.server_state import ping_postgres
from tests.house import eventually
from tests.integration.cast import now, on_offer
from tests.integration.lock_waiter import PATIENT

DEFAULTS = {
    "default_transaction_isolation": "repeatable read",
    "default_transaction_deferrable": "on",
    "timezone": "Asia/Seoul",
    "datestyle": "German, DMY",
    "lock_timeout": "20ms",
    "idle_in_transaction_session_timeout": "200ms",
    "bytea_output": "escape",
}


def set_default(database_url: str, name: str, value: str) -> None:
    """For all who connect from now on."""
    database = sql.Identifier(database_url.rpartition("/")[2])
    command = sql.SQL("ALTER DATABASE {} SET {} = {}")
    with psycopg.connect(database_url, autocommit=True) as db:
        # SET takes some of them as a list; a literal alone would be one name.
        values = sql.SQL(", ").join(sql.Literal(one.strip()) for one in value.split(","))
        db.execute(command.format(database, sql.Identifier(name), values))


@pytest.fixture(params=DEFAULTS, ids=str)
def odd(request, database_url):
    """An engine on a database with a default of this kind that is not Postgres's own."""
    set_default(database_url, request.param, DEFAULTS[request.param])
    made = open_engine(database_url, connections_max=4, name="odd")
    yield made
    made.dispose()


def test_who_waits_for_the_coupons_lock_sees_what_was_committed_meanwhile(odd, code):
    """With a snapshot of its own it would fail, and its members be fed again a lease later."""
    on_offer(odd, code, total=10)
    issued = []
    with open_issue_transaction(odd) as tx:
        tx.load_coupon(FIND_LOCKED, code, ["alice"])
        waits = threading.Thread(target=lambda: issued.append(issue(odd, code, ["bob"], now())))
        waits.start()
        time.sleep(0.3)  # its first statement has begun
        tx.fetch_all(("UPDATE coupons SET description = 'another'", {}))
        tx.commit()
    waits.join(60)

    assert len(issued) == 1
    assert list_holders(odd, code) == ["bob"]


def test_a_change_waits_for_an_issue_and_neither_is_lost(odd, code):
    on_offer(odd, code, total=10)
    changed = []

    def change() -> None:
        changed.append(
            offers.change_offer(
                odd, code, lambda one: (one.coupon, one.settings), who="test", what="x", now=now()
            )
        )

    with open_issue_transaction(odd) as tx:
        tx.load_coupon(FIND_LOCKED, code, ["alice"])
        waits = threading.Thread(target=change)
        waits.start()
        time.sleep(0.3)
        tx.fetch_all(("UPDATE coupons SET description = 'another'", {}))
        tx.commit()
    waits.join(60)

    assert [one.coupon.description for one in changed] == ["another"]


def test_times_are_in_utc_and_read_as_they_were_written(odd, code):
    offer = on_offer(odd, code)

    found = offers.get_offer(odd, code).coupon

    assert found.opens_at == offer.coupon.opens_at
    assert found.opens_at.utcoffset() == UTC.utcoffset(None)


def test_nothing_of_it_stays_in_the_session(odd):
    """A pooler would hand it on to somebody else."""
    names = ("TimeZone", "statement_timeout", "lock_timeout")
    pooled = odd.raw_connection()
    driver = pooled.driver_connection
    before = [driver.execute(f"SHOW {name}").fetchone() for name in names]
    driver.rollback()
    pooled.close()
    with odd.begin() as tx:
        inside = [tx.execute(text(f"SHOW {name}")).scalar_one() for name in names]
    pooled = odd.raw_connection()
    after = [pooled.driver_connection.execute(f"SHOW {name}").fetchone() for name in names]
    pooled.close()

    assert inside == ["UTC", "15s", "10s"]
    assert after == before


def test_a_postgres_that_takes_no_writes_is_not_said_to_be_well(engine, database_url):
    ping_postgres(engine)
    set_default(database_url, "default_transaction_read_only", "on")
    later = open_engine(database_url, connections_max=1, name="later")

    with pytest.raises(OfficeRefused, match="takes no writes"):
        ping_postgres(later)

    later.dispose()


def test_who_was_killed_while_waiting_for_a_lock_soon_holds_no_connection(
    engine, database_url, code
):
    """The one started instead of them opens its own, and the bound is for both."""
    on_offer(engine, code, total=10)
    waiting = [sys.executable, "-m", "tests.integration.lock_waiter", database_url, code]
    ask = (
        "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity"
        " WHERE application_name = 'waitroom lock waiter'"
    )

    def count() -> tuple[int, int]:
        with psycopg.connect(database_url, autocommit=True) as db:
            return db.execute(ask).fetchone()

    with open_issue_transaction(engine) as tx:
        tx.fetch_all((PATIENT, {}))
        tx.load_coupon(FIND_LOCKED, code, ["alice"])
        with subprocess.Popen(waiting, stdout=subprocess.PIPE, text=True) as waiter:
            assert waiter.stdout.readline() == "waits\n"
            eventually(lambda: count() == (1, 1))
            waiter.kill()
        eventually(lambda: count() == (0, 0))


@pytest.mark.parametrize(
    "unknown_here",
    ["set_config('of_a_later_postgres', '1s', true)", "set_config('lock_timeout', 'soon', true)"],
    ids=["no such setting", "a value it can't take"],
)
def test_a_postgres_that_cannot_look_for_owners_issues_all_the_same(
    database_url, code, unknown_here, monkeypatch
):
    """Before Postgres 14 there is no such setting; some systems take no value of it but 0."""
    monkeypatch.setattr(engines, "CHECK_OWNER", unknown_here)
    older = open_engine(database_url, connections_max=1, name="older")
    on_offer(older, code, total=10)

    issue(older, code, ["alice"], now())
    with older.begin() as tx:
        lock_timeout = tx.execute(text("SHOW lock_timeout")).scalar_one()
    older.dispose()

    assert lock_timeout == f"{LOCK_TIMEOUT_S}s"
