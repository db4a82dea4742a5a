"""Web processes five minutes off accept and reject what one with the right clock would."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from typing import Any

import jwt
import pytest

from domain.admin import Admin
from issuance.admins import add, find_account
from processes.child_process import free_port
from tests.house import House
from tests.integration.cast import now
from tests.integration.hand_over_cast import FOLLOWS
from web.auth.admin_sessions import AdminSessions

OFF_BY_S = (-300, 300)
VALID_S = 120


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def answer_to(url: str, **headers: str) -> tuple[int, str]:
    """The status, and the cookies that the answer sets."""
    try:
        with OPENER.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            cookies = error.headers.get_all("Set-Cookie") or []
            return error.code, "; ".join(one.partition(";")[0] for one in cookies)


class Web:
    """One of the processes."""

    def __init__(self, house: House, off_by_s: float) -> None:
        self._house = house
        self._url = f"http://127.0.0.1:{free_port()}"
        house.start("web", "--port", self._url.rpartition(":")[2], clock_off_by_s=off_by_s)

    def until_ready(self) -> None:
        self._house.base_url = self._url
        self._house.until_ready()

    def token(self, begins_in_s: int = 0, ends_in_s: int = VALID_S, **claims: object) -> str:
        """As a shop with the right clock signs it."""
        now_s = int(time.time())
        begins_s = now_s + begins_in_s
        times = {"iat": begins_s, "nbf": begins_s, "exp": now_s + ends_in_s}
        secret = self._house.environ["MEMBER_TOKEN_SECRETS"]
        return jwt.encode({"sub": "alice", **times, **claims}, secret)

    def status(self, path: str, **headers: str) -> int:
        return answer_to(self._url + path, **headers)[0]

    def status_by(self, token: str) -> int:
        return self.status("/api/me/coupons", Authorization=f"Bearer {token}")

    def sign_in(self) -> str:
        """Follow a shop's link. Returns the cookies."""
        until_s = int(time.time()) + 3 * VALID_S
        token = self.token(session_until=until_s, jti=secrets.token_hex(8))
        link = f"/signin?token={token}&next=/me"
        status, cookies = answer_to(self._url + link, **FOLLOWS)
        assert status == 303
        return cookies


@pytest.fixture
def webs(house: House) -> list[Web]:
    made = [Web(house, off_by_s) for off_by_s in OFF_BY_S]
    for web in made:
        web.until_ready()
    return made


def test_tokens_and_sessions_are_judged_by_the_time_of_the_stores(house, engine, webs):
    slow, fast = webs
    add(engine, Admin("olga", "operator"), "a hash", who="test", now=now())
    account = find_account(engine, "olga")
    admin_session = AdminSessions([house.environ["TICKET_SECRETS"]]).session_for(account)
    cookies = {slow: slow.sign_in(), fast: fast.sign_in()}

    for web, other in ((slow, fast), (fast, slow)):
        assert web.status_by(web.token()) == 200
        assert web.status_by(web.token(-2 * VALID_S, -VALID_S)) == 401
        assert web.status_by(web.token(VALID_S, 2 * VALID_S)) == 401
        assert web.status("/api/me/coupons", Cookie=cookies[other]) == 200
        assert web.status("/admin", Cookie=f"admin_session={admin_session}") == 200
