"""Sessions in real processes: signed by the right secret, and ended in all of them."""

from __future__ import annotations

import urllib.error
import urllib.request

from tests.house import House, eventually
from tests.signed_in import session_of
from web.auth.sessions import Sessions


def status_of(house: House, path: str, session: str, method: str = "GET") -> int:
    request = urllib.request.Request(house.base_url + path, method=method)
    request.add_header("Cookie", f"member_session={session}")
    request.add_header("Connection", "close")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_shops_secret_signs_no_session(house):
    house.start_web()
    shops = Sessions([house.environ["MEMBER_TOKEN_SECRETS"]])

    assert status_of(house, "/api/me/coupons", session_of(house.sessions)) == 200
    assert status_of(house, "/api/me/coupons", session_of(shops)) == 401


def test_signing_out_ends_the_session_in_every_process(house, code):
    house.start("web", "--port", str(house.port), "--processes", "2")
    house.until_ready()
    house.offer(code, total=5)
    session, other = session_of(house.sessions, "alice"), session_of(house.sessions, "bob")
    # New connections, so that both processes are asked.
    asked = [status_of(house, "/api/me/coupons", session) for _ in range(20)]
    assert set(asked) == {200}

    status_of(house, "/signout", session, "POST")
    eventually(lambda: {status_of(house, "/api/me/coupons", session) for _ in range(20)} == {401})

    assert status_of(house, "/api/me/coupons", other) == 200


def test_a_process_that_starts_later_knows_who_has_signed_out(house):
    web = house.start_web()
    session = session_of(house.sessions, "alice")
    status_of(house, "/signout", session, "POST")
    house.stop(web)

    house.start_web()

    assert status_of(house, "/api/me/coupons", session) == 401
