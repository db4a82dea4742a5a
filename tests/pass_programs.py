"""The programs of deploy/passes as a site runs them: started as shipped, asked by HTTP."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from passes.keys import PassKeys
from processes.child_process import free_port
from tests.bad_passes import MEMBER, ROOM
from tests.house import eventually

FOLDER = Path(__file__).parents[1] / "deploy" / "passes"
JWKS = "/.well-known/jwks.json"
KEYS_KEPT_S = 1.0


class KeyServer:
    """Publishes the public keys as `web` does. fault: what it answers instead, if anything."""

    def __init__(self, pem: str) -> None:
        self.pem = pem
        self.fault: Literal["", "unavailable", "a page"] = ""
        self.fetched = 0
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.fetched += 1
                body = json.dumps(PassKeys.from_pem(publisher.pem).jwks()).encode()
                if publisher.fault == "a page":
                    body = b"<!doctype html><p>We are moving.</p>"
                is_good = publisher.fault != "unavailable" and self.path == JWKS
                self.send_response(200 if is_good else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(20)


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookie: str
    text: str


class Program:
    """A running program. site_url: of the site that it guards, as browsers see it."""

    def __init__(self, site_url: str, port: int, issuer: str) -> None:
        self.site_url = site_url
        self.waiting_room = f"{issuer}/rooms/{ROOM}"
        self._port = port

    def ask(self, path: str, *, cookie: str = "", method: str = "GET") -> Answer:
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            client.request(method, path, headers={"Cookie": cookie} if cookie else {})
            answer = client.getresponse()
            text = answer.read().decode()
        finally:
            client.close()
        location, kept = answer.headers["Location"] or "", answer.headers["Set-Cookie"] or ""
        return Answer(answer.status, location, kept, text)

    def lets_in(self, cookie: str) -> bool:
        answer = self.ask("/", cookie=cookie)
        if answer.status == 200:
            assert MEMBER in answer.text
        return answer.status == 200


@contextmanager
def running(argv: Sequence[str], issuer: str, log: Path, cwd: Path = FOLDER) -> Iterator[Program]:
    """Start it with its variables only, and wait until it answers."""
    port = free_port()
    site_url = f"http://127.0.0.1:{port}"
    names = {"WAITROOM_URL": issuer, "ROOM": ROOM, "SITE_URL": site_url}
    names["KEYS_KEPT_S"] = str(KEYS_KEPT_S)
    program = Program(site_url, port, issuer)
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={"PATH": os.environ["PATH"], **names},
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: process.poll() is not None or _answers(program))
        assert process.poll() is None, log.read_text()
        yield program
    finally:
        process.terminate()
        process.wait(20)


def _answers(program: Program) -> bool:
    try:
        return program.ask("/").status != 0
    except OSError:
        return False
