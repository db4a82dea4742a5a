"""Postgres is stopped under the whole stack: sites' rooms go on, coupons' rooms rest and resume."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

import pytest

from domain.sites.target_urls import pass_cookie
from issuance.issued_coupons import list_holders
from issuance.postgres.engine import open_engine
from processes.embedded import EmbeddedPostgres
from tests.faults.servers import start_postgres
from tests.house import House, eventually, open_house
from tests.integration.test_processes import enter_all, states
from tests.pass_keys import PASS_PEM
from tests.rolling_restart import children
from tests.servers import Servers, open_folder

LINE = "https://line.example.com"
ROUNDS, LONG_S = 2, 30.0


@contextmanager
def frozen(postgres: EmbeddedPostgres) -> Iterator[None]:
    """It keeps its connections, and answers nobody."""
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGSTOP)  # first, so that it starts no more processes
    stopped = [postgres.pid, *children(postgres.pid)]
    for pid in stopped[1:]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def ended(postgres: EmbeddedPostgres) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


class Stack:
    """All processes on a Postgres of their own, which a test may stop."""

    def __init__(self, house: House, postgres: EmbeddedPostgres) -> None:
        self.house = house
        self.postgres = postgres
        self._visitors = 0

    def open_site_room(self, code: str) -> None:
        house = self.house
        house.admin("POST", "/sites", {"code": code, "name": "Tea", "hosts": ["shop.example"]})
        settings = {"seats": 2, "rate_per_s": 1_000, "burst": 100, "renewal": "sliding"}
        body = {"code": code, "site": code, "title": "Tea sale", "session_s": 600, **settings}
        house.admin("POST", "/site-rooms", body)

    def visits(self, code: str) -> None:
        """Two walk in; a third waits, and is called once one has finished; all leave."""
        self._visitors += 1
        first, second, third = (f"v{self._visitors}-{n}" for n in range(3))
        passes = {name: self._come_in(code, name) for name in (first, second)}
        self.house.member("POST", f"/api/rooms/{code}/enter", third)
        assert states(self.house, code, [third]) == ["waiting"]
        assert self.check(code, passes[first]) == 200
        renewed = self.house.call("POST", "/api/passes/renew", token=passes[first])
        assert renewed[0] == 200, renewed
        self.finish(code, passes[first])
        passes[third] = self._claimed(code, third)
        for name in (second, third):
            assert self.check(code, passes[name]) == 200
            self.finish(code, passes[name])

    def finish(self, code: str, token: str) -> None:
        assert self.house.call("POST", "/api/passes/finish", token=token)[0] == 204
        assert self.check(code, token) == 302

    def check(self, code: str, token: str) -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=60)
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
        headers["Cookie"] = f"{pass_cookie(code, is_tls=True)}={token}"
        client.request("GET", f"/check/{code}", headers={**headers, "X-Forwarded-Uri": "/"})
        status = client.getresponse().status
        client.close()
        return status

    def _come_in(self, code: str, member: str) -> str:
        status, place = self.house.member("POST", f"/api/rooms/{code}/enter", member)
        assert status in (200, 202), place
        return self._claimed(code, member)

    def _claimed(self, code: str, member: str) -> str:
        path = f"/api/rooms/{code}/pass"
        eventually(lambda: states(self.house, code, [member]) == ["called"])
        status, answer = self.house.member("POST", path, member)
        assert status == 200, answer
        return str(answer["pass"])


@pytest.fixture(scope="module")
def stack(servers: Servers) -> Iterator[Stack]:
    with ExitStack() as opened:
        folder = open_folder(opened)
        postgres = EmbeddedPostgres(folder / "postgres")
        opened.callback(postgres.erase)
        start_postgres(postgres)
        settings = {"BASE_URL": LINE, "PASS_KEYS": PASS_PEM, "MEMBER_REQUESTS_MAX": "0"}
        house = opened.enter_context(
            open_house(postgres.url, servers.redis_url, folder, **settings)
        )
        house.start_all()
        yield Stack(house, postgres)


Way = Callable[[EmbeddedPostgres], AbstractContextManager[None]]


@pytest.mark.parametrize("away", [frozen, ended])
def test_while_postgres_is_away_sites_go_on_and_coupons_rest(stack: Stack, code: str, away: Way):
    held, came = rest_and_resume(stack, code, away, rounds=ROUNDS)

    assert held == came


@pytest.mark.slow
@pytest.mark.parametrize("away", [frozen, ended])
def test_the_same_for_half_a_minute(stack: Stack, code: str, away: Way):
    held, came = rest_and_resume(stack, code, away, rounds=ROUNDS, lasts_s=LONG_S)

    assert held == came


def rest_and_resume(
    stack: Stack, code: str, away: Way, *, rounds: int, lasts_s: float = 0.0
) -> tuple[list[str], list[str]]:
    """Returns the members with a coupon, and those who came for one."""
    house, room, coupon = stack.house, f"{code}-s", f"{code}-c"
    before, meanwhile = ([f"{when}-{n}" for n in range(10)] for when in ("before", "meanwhile"))
    stack.open_site_room(room)
    house.offer(coupon, total=50)
    enter_all(house, coupon, before)
    eventually(lambda: set(states(house, coupon, before)) == {"issued"})
    stack.visits(room)

    with away(stack.postgres):
        began, done = time.monotonic(), 0
        eventually(lambda: house.call("GET", "/readyz")[0] == 503)
        probes = admitter_rests(stack, room, coupon)
        enter_all(house, coupon, meanwhile)
        while done < rounds or time.monotonic() < began + lasts_s:
            stack.visits(room)
            assert set(states(house, coupon, meanwhile)) == {"waiting"}
            assert set(states(house, coupon, before)) == {"issued"}
            done += 1
        print(f"{away.__name__}: {done} rounds of three visits in {time.monotonic() - began:.0f} s")

    eventually(lambda: set(states(house, coupon, probes + meanwhile)) == {"issued"})
    stack.visits(room)
    engine = open_engine(stack.postgres.url, connections_max=1, name="outage")
    held = sorted(list_holders(engine, coupon))
    engine.dispose()
    return held, sorted([*before, *probes, *meanwhile])


def admitter_rests(stack: Stack, room: str, coupon: str) -> list[str]:
    """Until the admitter knows, too: it has called a visitor, but not the member who came before.

    Returns the members who came.
    """
    probes: list[str] = []

    def rests() -> bool:
        probes.append(f"probe-{len(probes)}")
        enter_all(stack.house, coupon, probes[-1:])
        stack.visits(room)
        return states(stack.house, coupon, probes[-1:]) == ["waiting"]

    eventually(rests)
    return probes
