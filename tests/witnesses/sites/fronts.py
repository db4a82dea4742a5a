"""SiteFront: a proxy with its file of deploy/passes before a shop, as a browser reaches it."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from processes.child_process import free_port
from tests.proxy_files import SITE_CADDYFILE, SITE_NGINX_CONF, replaced
from tests.witnesses.servers import caddy, nginx

WITHIN_S = 60


@dataclass
class SiteFront:
    """host: the shop as browsers name it. logs: of the proxy."""

    port: int = field(default_factory=free_port)
    logs: tuple[Path, ...] = ()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """One answer, read to its end; a redirect is not followed. Headers come as they are."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        client.request(method, path, body=body, headers=headers)
        answer = client.getresponse()
        answer.read()
        client.close()
        return answer

    def connect(self, path: str, **headers: str) -> socket.socket:
        """A connection on which a request was sent, and nothing read."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made = socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN_S)
        made.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n{head}\r\n".encode())
        return made


@contextmanager
def in_front_of_site(
    front: SiteFront, folder: Path, *, proxy: str, line: int, site: int, room: str
) -> Iterator[None]:
    """Run this proxy. line, site: ports on which `web` of the line and the shop listen."""
    if proxy == "caddy":
        front.logs = (folder / "output.log",)
        with caddy(folder, _caddyfile(front, line, site, room), front.port):
            yield
        return
    front.logs = (folder / "nginx" / "access.log", folder / "nginx" / "error.log")
    with nginx(folder, _nginx_conf(front, line, site, room), front.port):
        yield


def _nginx_conf(front: SiteFront, line: int, site: int, room: str) -> str:
    """The shipped file, with what it asks the operator to set, and folders of its own."""
    own = "".join(
        f"    {kind}_temp_path {kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    changes = {
        "http {\n": f"http {{\n{own}",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{line};",
        "server 127.0.0.1:9000;": f"server 127.0.0.1:{site};",
        "/check/shop?": f"/check/{room}?",
        "listen 80;": f"listen 127.0.0.1:{front.port};",
        "/var/log/nginx/access.log": "access.log",
        "/var/log/nginx/error.log": "error.log",
    }
    return "pid nginx.pid;\n" + replaced(SITE_NGINX_CONF.read_text("utf-8"), changes)


def _caddyfile(front: SiteFront, line: int, site: int, room: str) -> str:
    """The shipped file likewise."""
    changes = {
        # Its administration would listen on a port that others share.
        "{\n\t# An": "{\n\tadmin off\n\t# An",
        "{$SITE_ADDRESS:shop.example.com}": front.origin,
        "{$LINE:127.0.0.1:8000}": f"127.0.0.1:{line}",
        "{$ROOM:shop}": room,
        "{$SITE:127.0.0.1:9000}": f"127.0.0.1:{site}",
    }
    return replaced(SITE_CADDYFILE.read_text("utf-8"), changes)
