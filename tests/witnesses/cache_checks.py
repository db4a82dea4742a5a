"""nginx with its lines for caching: the crowd does not reach `web`, and pages stay personal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from processes.child_process import free_port
from tests.house import House, open_house
from tests.signed_in import session_of
from tests.witnesses.cache_visits import send_visitors
from tests.witnesses.fronts import NAME, Front, in_front_of
from web.auth.sessions import SESSION_COOKIE

VISITORS, A_SECOND = 300, 100.0


@pytest.fixture
def house(database_url, redis_url, tmp_path) -> Iterator[House]:
    settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with open_house(database_url, redis_url, tmp_path, **settings) as made:
        made.start_web()
        yield made


def test_signed_out_visitors_of_one_page_hardly_reach_web(house, code):
    """Compares counts: without a cache each visitor's page is a request of `web`."""
    house.offer(code, total=3)
    path = f"/coupons/{code}"
    seen = {
        caching: send_visitors(
            house, Front(free_port(), free_port()), path, VISITORS, A_SECOND, caching=caching
        )
        for caching in (False, True)
    }

    pages = {caching: one.reached_web["/coupons/{code}"] for caching, one in seen.items()}
    print({caching: dict(one.reached_web) for caching, one in seen.items()})
    assert [dict(one.failed) for one in seen.values()] == [{}, {}]
    assert pages[False] >= VISITORS
    assert pages[True] < pages[False]
    assert seen[True].reached_web["/static"] == seen[False].reached_web["/static"] == 0


def test_no_member_gets_a_page_from_the_cache_and_none_is_kept(house, front, code):
    house.offer(code, total=3)
    path = f"/coupons/{code}?lang=en"
    cookie = {"Cookie": f"__Host-{SESSION_COOKIE}={session_of(house.sessions, 'alice')}"}

    with in_front_of(front, (house.port, house.port), caching=True):
        pages = [front.ask("GET", path, headers) for headers in (None, cookie, None, cookie) * 3]

    signed_out, signed_in = pages[::2], pages[1::2]
    assert {status for status, _, _ in pages} == {200}
    assert all(b"/signout" in body for _, _, body in signed_in)
    assert not any(b"/signout" in body for _, _, body in signed_out)
    assert all("no-store" in headers["Cache-Control"] for _, headers, _ in signed_in)
