"""The proxies of deploy/passes before a shop, asking a real `web`: who comes through, and how."""

from __future__ import annotations

import http.client
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

import pytest

from domain.sites.target_urls import pass_cookie
from passes.signer import PassSigner
from tests.bad_passes import bad_passes
from tests.house import House, eventually, open_house
from tests.pass_keys import PASS_KEYS, PASS_PEM
from tests.servers import Servers
from tests.witnesses.servers import read_until
from tests.witnesses.sites.fronts import SiteFront, in_front_of_site
from tests.witnesses.sites.origin import FIRST, LAST, Origin, Seen, open_origin

LINE = "https://line.example.com"
VISIT = "waitroom-visit"
URI = "/cart/a%20b?x=%20+1&y=%2F&z"


@dataclass
class Shop:
    """A shop behind a proxy, and the line that the proxy asks."""

    house: House
    front: SiteFront
    origin: Origin
    room: str
    other_room: str
    proxy: str

    def pass_of(self, member: str, room: str = "") -> str:
        """Let this member enter, wait until they are called, and return their pass."""
        path = f"/api/rooms/{room or self.room}"
        self.house.member("POST", f"{path}/enter", member)
        eventually(lambda: self.house.member("POST", f"{path}/pass", member)[0] == 200)
        return str(self.house.member("POST", f"{path}/pass", member)[1]["pass"])

    def cookie(self, token: str) -> str:
        return f"theme=dark; {pass_cookie(self.room, is_tls=False)}={token}"

    def ask(
        self, token: str, path: str = "/", method: str = "GET", **more: str
    ) -> http.client.HTTPResponse:
        return self.front.ask(path, method, Cookie=self.cookie(token), **more)

    def last(self) -> Seen:
        return self.origin.seen[-1]

    def to_line(self, uri: str) -> str:
        return f"{LINE}/rooms/{self.room}?t={quote(self.front.origin + uri, safe='')}"


@pytest.fixture(scope="module")
def shop(servers: Servers, template: str) -> Iterator[Shop]:
    """One for all: each test has members of its own."""
    proxy = os.environ.get("WITNESS_PROXY", "nginx")
    name, room = f"waitroom_site_{secrets.token_hex(4)}", f"shop-{secrets.token_hex(3)}"
    front = SiteFront()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="waitroom-site-")))
        folder.chmod(0o755)  # for the user as whom nginx runs
        url = servers.copy_database(template, name)
        stack.callback(servers.drop_database, name)
        settings = {"BASE_URL": LINE, "PASS_KEYS": PASS_PEM}
        house = stack.enter_context(open_house(url, servers.redis_url, folder, **settings))
        house.start("admitter")
        house.start_web()
        hosts = [front.origin]
        house.admin("POST", "/sites", {"code": room, "name": "Tea", "hosts": hosts})
        for code in (room, f"{room}-b"):
            house.admin("POST", "/site-rooms", {"code": code, "site": room, "title": "Tea sale"})
        origin = stack.enter_context(open_origin())
        ports = {"line": house.port, "site": origin.port}
        stack.enter_context(in_front_of_site(front, folder, proxy=proxy, room=room, **ports))
        yield Shop(house, front, origin, room, f"{room}-b", proxy)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_browser_without_a_pass_is_sent_to_the_line(shop, method):
    before = len(shop.origin.seen)

    answer = shop.front.ask(URI, method)

    to = shop.to_line(URI) if method != "POST" else f"{LINE}/rooms/{shop.room}"
    assert (answer.status, answer.headers["location"]) == (302, to)
    assert answer.headers.get_all("cache-control") == ["no-store"]
    assert len(shop.origin.seen) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_good_pass_comes_through_to_the_very_address(shop, method):
    token = shop.pass_of(f"good-{method}")
    big = b"\xff" * 200_000 if method in ("POST", "PUT", "PATCH") else None

    answer = shop.front.ask(URI, method, big, Cookie=shop.cookie(token))

    seen = shop.last()
    assert (answer.status, seen.method, seen.path) == (200, method, URI)
    assert seen.body == (big or b"")
    assert seen.headers["waitroom-member"] == f"good-{method}"
    assert seen.headers["host"] == shop.front.host
    assert seen.headers["x-forwarded-proto"] == "http"
    assert seen.headers["x-forwarded-for"] == "127.0.0.1"


def test_a_body_without_a_length_comes_through(shop):
    client = http.client.HTTPConnection("127.0.0.1", shop.front.port, timeout=60)
    headers = {"Cookie": shop.cookie(shop.pass_of("chunked")), "Transfer-Encoding": "chunked"}
    client.request("POST", "/", iter([b"one ", b"two"]), headers, encode_chunked=True)

    assert client.getresponse().status == 200
    client.close()
    # Caddy sends it on in chunks, and nginx with its length.
    assert shop.last().body == b"one two" or "transfer-encoding" in shop.last().headers


@pytest.mark.parametrize(
    "forged", ["Waitroom-Member", "waitroom-member", "Waitroom_Member", "waitroom_visit"]
)
def test_a_forged_header_does_not_reach_the_shop(shop, forged):
    """Also not with an underscore, which many programs read as the same name."""
    token = shop.pass_of("forger")

    shop.ask(token, **{forged: "admin"})

    headers = shop.last().headers
    assert headers["waitroom-member"] == "forger"
    assert "admin" not in headers.values()


def test_bad_passes_are_refused(shop):
    now = time.time()
    ended = PassSigner(PASS_KEYS, issuer=LINE, now=lambda: now - 3_600)
    bad = bad_passes(PASS_PEM, now, LINE) | {
        "another room's": shop.pass_of("elsewhere", shop.other_room),
        "expired": ended.sign(shop.room, "over", "6f1d2c", now - 60),
    }
    before = len(shop.origin.seen)

    for name, token in bad.items():
        answer = shop.ask(token, URI)
        assert (answer.status, answer.headers["location"]) == (302, shop.to_line(URI)), name
    assert len(shop.origin.seen) == before


@pytest.mark.parametrize("how", ["finish", "revoke"])
def test_a_visit_that_is_over_is_refused_at_the_next_request(shop, how):
    token = shop.pass_of(f"ends-by-{how}")
    assert shop.ask(token).status == 200

    if how == "finish":
        status, _ = shop.house.call("POST", "/api/passes/finish", token=token)
        assert status == 204
    else:
        shop.house.admin("DELETE", f"/rooms/{shop.room}/visits/{shop.last().headers[VISIT]}")

    assert shop.ask(token, URI).headers["location"] == shop.to_line(URI)


def test_a_pass_in_an_address_becomes_a_cookie_once(shop):
    token, before = shop.pass_of("handed"), len(shop.origin.seen)

    first = shop.front.ask(f"/cart?x=%201&waitroom_pass={token}&y=2")
    second = shop.front.ask(f"/cart?x=%201&waitroom_pass={token}&y=2")

    to = urlsplit(first.headers["location"])
    assert (first.status, to.netloc, to.path, to.query) == (
        302, shop.front.host, "/cart", "x=%201&y=2",
    )  # fmt: skip
    [cookie] = first.headers.get_all("set-cookie")
    assert cookie.startswith(f"{pass_cookie(shop.room, is_tls=False)}={token}; HttpOnly")
    assert second.headers["location"] == shop.to_line("/cart?x=%201&y=2")
    assert second.headers["set-cookie"] is None
    assert len(shop.origin.seen) == before
    assert shop.front.ask("/cart", Cookie=cookie.partition(";")[0]).status == 200


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_what_the_shop_answers_is_its_own_business(shop, status):
    answer = shop.ask(shop.pass_of("errs"), f"/status/{status}")

    assert (answer.status, answer.headers["location"]) == (status, None)


def test_a_websocket_is_opened_with_a_pass_only(shop):
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    asked["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    token = shop.pass_of("talks")

    with shop.front.connect("/socket", **asked) as refused:
        assert b" 302 " in read_until(refused, b"\r\n")
    with shop.front.connect("/socket", Cookie=shop.cookie(token), **asked) as opened:
        assert b" 101 " in read_until(opened, b"\r\n\r\n")
        opened.sendall(b"hello")
        assert read_until(opened, b"hello")
    assert shop.last().headers["waitroom-member"] == "talks"


def test_a_stream_of_the_shop_comes_as_it_is_sent(shop):
    shop.origin.goes_on.clear()
    cookie = shop.cookie(shop.pass_of("listens"))

    with shop.front.connect("/stream", Cookie=cookie, Connection="close") as stream:
        seen = read_until(stream, FIRST.strip())
        assert LAST.strip() not in seen
        shop.origin.goes_on.set()
        read_until(stream, LAST.strip())


def test_while_the_line_is_away_nobody_comes_through_and_no_pass_is_logged(shop):
    """Last: it ends `web`."""
    token, before = shop.pass_of("waits"), len(shop.origin.seen)
    shop.front.ask(f"/logged?waitroom_pass={token}")
    shop.house.kill(shop.house.processes[-1])

    answer = shop.ask(token, f"/away?waitroom_pass={token}")
    shop.front.ask("/mark")

    assert answer.status in (502, 503)
    assert len(shop.origin.seen) == before
    if shop.proxy == "nginx":
        assert answer.headers["retry-after"] == "5"
        eventually(lambda: "/mark" in shop.front.logs[0].read_text())
    assert [log for log in shop.front.logs if token in log.read_text(errors="replace")] == []
