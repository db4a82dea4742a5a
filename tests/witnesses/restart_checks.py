"""A rolling restart behind a shipped proxy: a crowd is served, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from issuance.issued_coupons import list_holders
from processes.child_process import free_port
from tests.house import House, open_house
from tests.rolling_restart import Proxy, run
from tests.witnesses.fronts import NAME, in_front_of

MEMBERS = 600


@pytest.fixture
def house(database_url, redis_url, tmp_path) -> Iterator[House]:
    settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with open_house(database_url, redis_url, tmp_path, **settings, DRAIN_S="2") as made:
        yield made


def test_no_request_is_lost_while_two_web_commands_are_replaced_behind_a_proxy(
    house, front, proxy, engine, code
):
    web_ports = (house.port, free_port())
    with in_front_of(front, web_ports, proxy=proxy):
        in_front = Proxy(front.port, front.tls, web_ports)
        seen, tally = run(house, code, MEMBERS, a_second=60.0, proxy=in_front)
        asked_again = front.errors.read_text().count("upstream")

    print(f"{tally.requests:,} requests, {asked_again:,} of which {proxy} logged as asked again")
    assert dict(tally.failed) == {}
    assert tally.retried == 0  # nor did a browser have to ask again
    assert {one.final for one in seen} == {"issued"}
    assert sorted(one.member_id for one in seen) == sorted(list_holders(engine, code))
    assert tally.returned > 0
    assert asked_again > 0 or proxy != "nginx"  # Caddy logs only what failed in the end
