"""nginx with docs/nginx.conf before a real `web`: what a browser sees of the two together."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house import House, eventually, open_house
from tests.witnesses.servers import nginx

ROOT = Path(__file__).parents[2]
NAME = "line.example.com"
MOVED = (301, 302, 303, 307, 308)


class Front:
    """nginx as a browser reaches it: by its name, over TLS, on `port`; without TLS on `plain`."""

    def __init__(self, port: int, plain: int) -> None:
        self.port = port
        self.plain = plain
        self.log = self.errors = Path(os.devnull)
        self.tls = ssl.create_default_context()
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE  # its certificate is of this test

    def connect(self) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return self.tls.wrap_socket(raw, server_hostname=NAME)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, *, tls: bool = True
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of one answer; a redirect is not followed."""
        if tls:
            client = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=self.tls, timeout=20
            )
        else:
            client = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=20)
        client.request(method, path, headers={"Host": NAME, **(headers or {})})
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return answer.status, answer.headers, body


def configured(folder: Path, front: Front, web_ports: tuple[int, int]) -> str:
    """docs/nginx.conf, with our ports, a certificate of this test, and folders of its own."""
    text = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    changes = {
        "server 127.0.0.1:8000 ": f"server 127.0.0.1:{web_ports[0]} ",
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{web_ports[1]} ",
        "listen 80;": f"listen 127.0.0.1:{front.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{front.port} ssl http2;",
        "/etc/nginx/certificate.pem": str(folder / "certificate.pem"),
        "/etc/nginx/key.pem": str(folder / "key.pem"),
        "/var/log/nginx/access.log": "access.log",
    }
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    own = "\n".join(
        f"    {kind}_temp_path {kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("http {\n", f"http {{\n{own}\n", 1)
    return f"pid nginx.pid;\n{text}"


@contextmanager
def in_front_of(front: Front, web_ports: tuple[int, int]) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="waitroom-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
        made += [f"/CN={NAME}", "-keyout", "key.pem", "-out", "certificate.pem"]
        subprocess.run(["openssl", *made], cwd=folder, check=True, capture_output=True)
        (folder / "key.pem").chmod(0o644)  # of a test; nginx runs as another user
        front.log = folder / "nginx" / "access.log"
        front.errors = folder / "nginx" / "error.log"
        with nginx(folder, configured(folder, front, web_ports), front.port):
            yield


@pytest.fixture
def house(database_url, redis_url, tmp_path, front) -> Iterator[House]:
    """All processes, behind nginx, as docs/nginx.conf would have them."""
    settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    limits = {"LIMITS_EXEMPT_IPS": "none"}
    with open_house(database_url, redis_url, tmp_path, **settings, **limits) as made:
        made.start_all()
        with in_front_of(front, (made.port, made.port)):
            yield made


def bearer(house: House, member: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.identity.sign(member)}", "Sec-Fetch-Site": "none"}


def test_a_member_enters_and_gets_the_coupon_through_nginx(house, front, code):
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


def read_until(stream: ssl.SSLSocket, wanted: bytes) -> bytes:
    """What comes, up to these words; fails where 20 s pass without any."""
    seen = b""
    while wanted not in seen:
        part = stream.recv(65_536)
        assert part, f"it ended without {wanted!r}: {seen!r}"
        seen += part
    return seen


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


def test_no_token_is_in_nginxs_log(house, front):
    token = house.identity.sign("alice")

    front.ask("GET", f"/signin?token={token}")

    eventually(lambda: "/signin" in front.log.read_text())
    assert token not in front.log.read_text()


def test_what_a_stranger_says_of_their_address_is_not_believed(house, front, code):
    """Whoever names another address each time is counted as one all the same."""
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


def test_figures_stay_inside(house, front):
    assert front.ask("GET", "/metrics")[0] == 404
    assert house.call("GET", "/healthz")[0] == 200
