"""A rolling restart behind nginx with docs/nginx.conf: a crowd is served, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from issuance.issued_coupons import list_holders
from processes.child_process import free_port
from tests.house import House, open_house
from tests.rolling_restart import Proxy, run
from tests.witnesses.nginx_checks import NAME, in_front_of

MEMBERS = 600


@pytest.fixture
def house(database_url, redis_url, tmp_path) -> Iterator[House]:
    settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with open_house(database_url, redis_url, tmp_path, **settings, DRAIN_S="2") as made:
        yield made


def test_no_request_is_lost_while_two_web_commands_are_replaced_behind_nginx(
    house, front, engine, code
):
    web_ports = (house.port, free_port())
    with in_front_of(front, web_ports):
        proxy = Proxy(front.port, front.tls, web_ports)
        seen, tally = run(house, code, MEMBERS, a_second=60.0, proxy=proxy)
        asked_again = front.errors.read_text().count("upstream")

    print(f"{tally.requests:,} requests, {asked_again:,} of which nginx asked the other web too")
    assert dict(tally.failed) == {}
    assert tally.retried == 0  # nor did a browser have to ask again
    assert {one.final for one in seen} == {"issued"}
    assert sorted(one.member_id for one in seen) == sorted(list_holders(engine, code))
    assert tally.returned > 0
    assert asked_again > 0
