"""A Postgres that stops answering behind a proxy that stays: every wait for it ends."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from issuance import issued_coupons
from issuance.errors import OfficeAway
from issuance.issue import issue
from issuance.offers import list_offers
from issuance.postgres import connection_deadline
from issuance.postgres import engine as engines
from issuance.postgres.engine import Engine, open_engine
from issuance.postgres.server_state import ping_postgres
from tests.house import WITHIN_S, eventually
from tests.integration.cast import on_offer
from tests.tcp_proxy import Proxy, proxied

# The message AuthenticationOk (PostgreSQL, "Message Formats").
ACCEPTED = b"R\0\0\0\x08\0\0\0\0"


@pytest.fixture
def behind_proxy(database_url):
    """A proxy, and an engine through it."""
    with proxied(database_url) as (proxy, url):
        engine = open_engine(url, connections_max=1, name="test")
        yield proxy, engine
        engine.dispose()


@contextmanager
def short_limit() -> Iterator[None]:
    """Waits that begin in the block end after half a second; others have time on a busy host."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection_deadline, "ANSWER_WITHIN_S", 0.5)
        yield


CALLS = {
    "ping": lambda engine, code: ping_postgres(engine),
    "offers": lambda engine, code: list_offers(engine),
    "count": lambda engine, code: issued_coupons.count_issued(engine, code),
    "issue": lambda engine, code: issue(engine, code, ["alice"]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_postgres_never_answers_ends(behind_proxy, engine, code, call):
    proxy, through = behind_proxy
    on_offer(engine, code)
    call(through, code)  # the connection is open before the server falls silent

    with ThreadPoolExecutor(1) as threads, short_limit():
        proxy.hang()
        answer = threads.submit(call, through, code)
        try:
            with pytest.raises(OfficeAway, match=r"did not answer within 0\.5 s"):
                answer.result(timeout=WITHIN_S)
        finally:
            proxy.mend()  # or the thread would never end

    call(through, code)


def test_a_new_connection_that_is_accepted_and_never_answered_ends(
    behind_proxy: tuple[Proxy, Engine],
):
    proxy, through = behind_proxy
    ping_postgres(through)
    through.dispose()
    proxy.hang()

    try:
        with pytest.raises(OfficeAway):
            ping_postgres(through)
    finally:
        proxy.mend()

    ping_postgres(through)


@pytest.fixture
def no_garbage_collection():
    gc.disable()
    yield
    gc.enable()


def test_a_connection_that_postgres_accepted_after_the_time_limit_is_closed(
    database_url, monkeypatch, no_garbage_collection
):
    """Else it would count beside the next one, and the bound is for both."""
    monkeypatch.setattr(engines, "CONNECT_TIMEOUT_S", 2)
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waitroom late'"

    def has(connections: int) -> bool:
        with psycopg.connect(database_url, autocommit=True) as db:
            return db.execute(count).fetchone() == (connections,)

    with proxied(database_url) as (proxy, url), ThreadPoolExecutor(1) as threads:
        plain = make_url(url).update_query_dict({"sslmode": "disable"})
        through = open_engine(
            plain.render_as_string(hide_password=False), connections_max=1, name="late"
        )
        proxy.hang_at(ACCEPTED)
        answer = threads.submit(ping_postgres, through)
        try:
            eventually(lambda: has(1))
            with pytest.raises(OfficeAway):
                answer.result(timeout=WITHIN_S)
            eventually(lambda: has(0), within_s=20)
        finally:
            proxy.mend()
            through.dispose()


def test_a_migration_may_take_longer(behind_proxy: tuple[Proxy, Engine]):
    _, through = behind_proxy
    sleep = text("SELECT pg_sleep(1.5)::text")

    with through.begin() as tx, connection_deadline.wait_without_limit(tx), short_limit():
        slept = tx.execute(sleep).scalar_one()

    assert slept == ""
    with (
        pytest.raises(OperationalError, match="did not answer"),
        through.begin() as tx,
        short_limit(),
    ):
        tx.execute(sleep)
