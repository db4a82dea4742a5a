"""A standby takes over behind HAProxy: members keep their coupons, and the crowd goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from tests.house import House, eventually, open_house
from tests.integration.test_processes import enter_all, states
from tests.postgres_pair import PostgresPair, run_sql
from tests.witnesses.postgres_standby import open_debian_pair

FIRST = [f"first-{n}" for n in range(10)]
TOLD = [f"told-{n}" for n in range(20)]
LATER = [f"later-{n}" for n in range(20)]
MISSING = "SELECT count(*) FROM audit WHERE what = 'issued coupons missing after a failover'"


@pytest.fixture
def pair() -> Iterator[PostgresPair]:
    with open_debian_pair() as made:
        yield made


@pytest.fixture
def house(pair, redis_url, tmp_path) -> Iterator[House]:
    """All processes; they know HAProxy's address only."""
    engine = open_engine(pair.url, connections_max=1, name="test")
    migrate(engine)
    engine.dispose()
    with open_house(pair.url, redis_url, tmp_path) as made:
        made.start_all()
        yield made


def get_issued(house: House, code: str, members: list[str]) -> None:
    enter_all(house, code, members)
    eventually(lambda: set(states(house, code, members)) == {"issued"})


def told_ids(house: House, code: str, members: list[str]) -> dict[str, str]:
    """The ids of the coupons on these members' pages."""
    places = {
        member: house.member("GET", f"/api/rooms/{code}/place", member)[1] for member in members
    }
    return {
        member: place["issued_coupon"]["id"]
        for member, place in places.items()
        if place["issued_coupon"]
    }


def stored_ids(pair: PostgresPair, members: list[str]) -> dict[str, str]:
    """The ids of their rows on the promoted standby."""
    rows = run_sql(pair.standby, "SELECT member_id, id::text FROM issued_coupons")
    return {member: coupon_id for member, coupon_id in rows if member in members}


def test_an_asynchronous_standby_gets_back_what_it_lacks(pair, house, code):
    house.offer(code, total=len(FIRST + TOLD + LATER))
    get_issued(house, code, FIRST)
    pair.catch_up()
    pair.stop_replication()
    get_issued(house, code, TOLD)
    told = told_ids(house, code, FIRST + TOLD)

    pair.kill_primary_and_promote()
    promoted_at = time.monotonic()
    lacked = len(TOLD) - len(stored_ids(pair, TOLD))
    eventually(lambda: stored_ids(pair, FIRST + TOLD) == told)
    print(f"{lacked} coupons lacked; back after {time.monotonic() - promoted_at:.1f} s")
    get_issued(house, code, LATER)

    assert lacked == len(TOLD)
    assert told_ids(house, code, FIRST + TOLD) == told
    assert set(stored_ids(pair, LATER)) == set(LATER)
    assert run_sql(pair.standby, MISSING) == [(1,)]


def test_a_hung_synchronous_standby_stops_admission_and_loses_nothing(pair, house, code):
    house.offer(code, total=100, seats=1)
    get_issued(house, code, FIRST)
    pair.make_synchronous()
    with pair.hung_standby():
        enter_all(house, code, TOLD)
        eventually(lambda: house.call("GET", "/readyz")[1]["postgres"] is False)
        told_meanwhile = set(told_ids(house, code, TOLD))
    eventually(lambda: set(states(house, code, TOLD)) == {"issued"})
    told = told_ids(house, code, FIRST + TOLD)

    pair.kill_primary_and_promote()
    get_issued(house, code, LATER)

    assert told_meanwhile == set()
    assert stored_ids(pair, FIRST + TOLD) == told
    assert run_sql(pair.standby, MISSING) == [(0,)]
