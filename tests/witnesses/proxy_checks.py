"""The shipped proxies before a real `web`: what a browser sees of the two together."""

from __future__ import annotations

import json
import re
import selectors
import socket
import time

import pytest

from tests.house import House, eventually
from tests.witnesses.fronts import NAME, Front
from tests.witnesses.servers import read_until
from web.middleware.security import HEADERS

MOVED = (301, 302, 303, 307, 308)
STREAMS = 50


def bearer(house: House, member: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.identity.sign(member)}", "Sec-Fetch-Site": "none"}


def test_a_member_enters_and_gets_the_coupon_through_the_proxy(house, front, code):
    house.offer(code, total=3)

    status, _, _ = front.ask("POST", f"/api/rooms/{code}/enter", bearer(house, "alice"))

    def state() -> str:
        body = front.ask("GET", f"/api/rooms/{code}/place", bearer(house, "alice"))[2]
        return str(json.loads(body)["state"])

    assert status in (200, 202)
    eventually(lambda: state() == "issued")


def test_a_stream_comes_as_it_is_sent_and_not_when_it_ends(house, front, code):
    """A proxy that buffers would hold the first event until there are kilobytes of them."""
    house.offer(code, total=3)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    front.ask("POST", f"/api/rooms/{code}/enter", bearer(house, "alice"))
    head = "".join(f"{name}: {value}\r\n" for name, value in bearer(house, "alice").items())
    with front.connect() as stream:
        stream.sendall(
            f"GET /api/rooms/{code}/live HTTP/1.1\r\nHost: {NAME}\r\n{head}\r\n".encode()
        )
        seen = read_until(stream, b'"waiting"')
        house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
        seen += read_until(stream, b'"issued"')

    assert b"text/event-stream" in seen


def test_whoever_comes_without_tls_is_sent_to_tls(house, front):
    status, headers, _ = front.ask("GET", "/coupons/spring?x=1", tls=False)

    assert status in MOVED
    assert headers["Location"] == f"https://{NAME}/coupons/spring?x=1"


@pytest.mark.parametrize("path", ["/admin/", "/me/", "/api/coupons/"])
def test_no_redirect_leaves_tls(house, front, path):
    status, headers, _ = front.ask("GET", path)

    assert status in (*MOVED, 200, 401, 404)
    assert not headers.get("Location", "").startswith("http://"), headers["Location"]


def test_cookies_are_for_tls_alone(house, front):
    token = house.identity.sign("alice")

    status, headers, _ = front.ask("GET", f"/signin?token={token}")

    cookies = headers.get_all("Set-Cookie") or []
    assert status in MOVED
    assert cookies
    assert all(re.search(r";\s*secure", cookie, re.IGNORECASE) for cookie in cookies), cookies


def test_no_token_is_in_the_proxys_logs(house, front):
    """Nor where it logs an error, as there is no `web` to ask."""
    token = house.identity.sign("alice")

    front.ask("GET", f"/signin?token={token}")
    house.kill(house.processes[-1])
    status = front.ask("GET", f"/signin?token={token}")[0]
    front.ask("GET", "/coupons/spring?mark=1")

    logs = (front.log, front.errors)
    eventually(lambda: "/coupons/spring" in "".join(log.read_text() for log in logs))
    assert status in (502, 503)
    assert [log for log in logs if token in log.read_text()] == []


def test_what_a_stranger_says_of_their_address_is_not_believed(house, front, code):
    """A sender who names another address in each request still counts as one sender."""
    house.offer(code, total=3)
    statuses = [
        front.ask(
            "GET",
            f"/api/rooms/{code}/place",
            bearer(house, "alice") | {"X-Forwarded-For": f"203.0.113.{number}"},
        )[0]
        for number in range(120)
    ]

    assert 429 in statuses  # MEMBER_REQUESTS_MAX, whatever the address


def test_metrics_are_not_published(house, front):
    assert front.ask("GET", "/metrics")[0] == 404
    assert house.call("GET", "/healthz")[0] == 200


@pytest.mark.parametrize("path", ["/", "/signin", "/nowhere", "/api/coupons"])
def test_pages_have_the_headers_of_web_once(house, front, path):
    _, headers, _ = front.ask("GET", path, {"Accept-Language": "en"})

    for name in HEADERS.keys() - {"Server"}:
        assert headers.get_all(name) == [HEADERS[name]], name
    assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert len(headers.get_all("Cache-Control")) == 1


@pytest.mark.parametrize("bytes_", [20_000, 60_000, 200_000])
def test_a_large_body_is_refused_and_the_next_request_served(house, front, code, bytes_):
    house.offer(code, total=3)
    form = {"Content-Type": "application/json"} | bearer(house, "alice")

    status, _, _ = front.ask("POST", f"/api/rooms/{code}/enter", form, body=b"x" * bytes_)

    assert status == 413
    assert front.ask("POST", f"/api/rooms/{code}/enter", bearer(house, "alice"))[0] in (200, 202)


def test_a_page_is_compressed_once(house, front):
    status, headers, body = front.ask("GET", "/signin", {"Accept-Encoding": "gzip"})

    assert (status, headers.get_all("Content-Encoding")) == (200, ["gzip"])
    assert body.startswith(b"\x1f\x8b")


def test_streams_are_as_fast_as_without_the_proxy(house, front, code):
    """Prints the ages of events; fails where an event waits for the stream's end, or for others."""
    house.offer(code, total=2 * STREAMS)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    fronts = {"direct": Front(house.port, house.port), "proxied": front}
    streams = [
        (name, open_stream(house, one, f"{name}-{number}", code))
        for number in range(STREAMS)
        for name, one in fronts.items()
    ]
    for _, stream in streams:
        read_until(stream, b'"waiting"')
    began = time.monotonic()
    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    ages = arrivals(streams, b'"issued"', began)

    for name, found in ages.items():
        found.sort()
        p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
        print(f"{name}: {len(found)} streams, issued after {p50:.2f} s (p50), {p99:.2f} s (p99)")
    assert {name: len(found) for name, found in ages.items()} == dict.fromkeys(fronts, STREAMS)


def open_stream(house: House, front: Front, member: str, code: str) -> socket.socket:
    is_tls = front.port != house.port
    path = f"/api/rooms/{code}"
    front.ask("POST", f"{path}/enter", bearer(house, member), tls=is_tls)
    head = "".join(f"{name}: {value}\r\n" for name, value in bearer(house, member).items())
    stream = front.connect() if is_tls else socket.create_connection(("127.0.0.1", front.port), 20)
    stream.sendall(f"GET {path}/live HTTP/1.1\r\nHost: {NAME}\r\n{head}\r\n".encode())
    return stream


def arrivals(
    streams: list[tuple[str, socket.socket]], wanted: bytes, began: float
) -> dict[str, list[float]]:
    """By name, after how many seconds these words came on each stream."""
    found: dict[str, list[float]] = {}
    seen = {stream: b"" for _, stream in streams}
    with selectors.DefaultSelector() as selector:
        for name, stream in streams:
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map() and time.monotonic() < began + 20:
            for key, _ in selector.select(1):
                stream = key.fileobj
                seen[stream] += stream.recv(65_536)
                if wanted in seen[stream]:
                    found.setdefault(key.data, []).append(time.monotonic() - began)
                    selector.unregister(stream)
    for _, stream in streams:
        stream.close()
    return found
