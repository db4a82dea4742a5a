"""A Postgres that stops answering behind a proxy that stays: every wait for it ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from issuance import issued_coupons
from issuance.errors import OfficeAway
from issuance.issue import issue
from issuance.offers import list_offers
from issuance.postgres import connection_deadline
from issuance.postgres.engine import Engine, open_engine
from issuance.postgres.server_state import ping_postgres
from tests.house import WITHIN_S
from tests.integration.cast import on_offer
from tests.tcp_proxy import Proxy, proxied


@pytest.fixture
def behind_proxy(database_url, monkeypatch):
    """A proxy, and an engine through it whose waits end after half a second."""
    monkeypatch.setattr(connection_deadline, "ANSWER_WITHIN_S", 0.5)
    with proxied(database_url) as (proxy, url):
        engine = open_engine(url, connections_max=1, name="test")
        yield proxy, engine
        engine.dispose()


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

    with ThreadPoolExecutor(1) as threads:
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


def test_a_migration_may_take_longer(behind_proxy: tuple[Proxy, Engine]):
    _, through = behind_proxy
    sleep = text("SELECT pg_sleep(1.5)::text")

    with through.begin() as tx, connection_deadline.wait_without_limit(tx):
        slept = tx.execute(sleep).scalar_one()

    assert slept == ""
    with pytest.raises(OperationalError, match="did not answer"), through.begin() as tx:
        tx.execute(sleep)
