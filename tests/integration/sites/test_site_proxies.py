"""Caddy in front of a site, as deploy/passes configures it: who comes through, and with what."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from processes.child_process import free_port, stop
from processes.demo.site import find_caddy
from tests.house import ROOT, eventually
from tests.needs import needs

CADDY = find_caddy()
pytestmark = needs("caddy")
CONFIGURATION = ROOT / "deploy" / "passes" / "Caddyfile"


class Line(BaseHTTPRequestHandler):
    """Answers a check as the line does, by its contract: who has the pass `good` may go in."""

    asked: list[dict[str, str]] = []

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.asked.append({**headers, "path": self.path, "method": self.command})
        is_inside = "waitroom_shop=good" in headers.get("cookie", "")
        self.send_response(200 if is_inside else 302)
        if is_inside:
            self.send_header("Waitroom-Member", "v:alice")
            self.send_header("Waitroom-Visit", "visit-1")
        else:
            self.send_header("Location", "http://line.example/rooms/shop")
            self.send_header("Set-Cookie", "waitroom_shop=good; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Site(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"site")

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None: ...


def served(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    line, site, port = served(Line), served(Site), free_port()
    folder: Path = tmp_path_factory.mktemp("caddy")
    environ = {
        **os.environ,
        "SITE_ADDRESS": f"http://127.0.0.1:{port}",
        "LINE": f"127.0.0.1:{line.server_port}",
        "SITE": f"127.0.0.1:{site.server_port}",
        "ROOM": "shop",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    # Its administration would listen on a port that others share.
    text = CONFIGURATION.read_text().replace("{\n\t# An", "{\n\tadmin off\n\t# An", 1)
    file = folder / "Caddyfile"
    file.write_text(text)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [CADDY, "run", "--config", str(file), "--adapter", "caddyfile"],
            env=environ, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            eventually(lambda: answers(port), within_s=30)
            yield port
        finally:
            stop(process, signal=signal.SIGTERM, grace_s=20)
            for server in (line, site):
                server.shutdown()
                server.server_close()


def answers(port: int) -> bool:
    try:
        ask(port, "/")
    except OSError:
        return False
    return True


def ask(port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_browser_without_a_pass_never_reaches_the_site(caddy: int):
    Site.seen.clear()

    answer = ask(caddy, "/cart?x=%20+1")

    assert (answer.status, answer.headers["location"]) == (302, "http://line.example/rooms/shop")
    assert answer.headers["set-cookie"] == "waitroom_shop=good; Path=/"
    assert Site.seen == []
    asked = Line.asked[-1]
    assert asked["path"] == "/check/shop"
    assert asked["x-forwarded-uri"] == "/cart?x=%20+1"
    assert asked["x-forwarded-host"] == f"127.0.0.1:{caddy}"
    assert asked["x-forwarded-proto"] == "http"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_site_learns_who_it_is_from_the_line_alone(caddy: int, method: str):
    forged = {"Waitroom-Member": "admin", "Waitroom-Visit": "mine"}

    answer = ask(caddy, "/", method, Cookie="waitroom_shop=good", **forged)

    assert answer.status == 200
    seen = Site.seen[-1]
    assert (seen["waitroom-member"], seen["waitroom-visit"]) == ("v:alice", "visit-1")
    assert Line.asked[-1]["x-forwarded-method"] == method
