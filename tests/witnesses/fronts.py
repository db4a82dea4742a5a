"""Fronts: the shipped nginx and Caddy files before a real `web`, as a browser reaches them."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.proxy_files import CADDYFILE, NGINX_CONF, replaced, with_caching
from tests.witnesses.servers import caddy, nginx
from web.cache.static_export import export_static_files

NAME = "line.example.com"
WebPorts = tuple[int, int]


class Front:
    """A proxy as a browser reaches it: by its name, over TLS, on `port`; without TLS on `plain`.

    log: of requests; errors: of what failed. Caddy logs no requests.
    """

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
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        body: bytes | None = None,
        tls: bool = True,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of one answer; a redirect is not followed."""
        if tls:
            client = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=self.tls, timeout=20
            )
            client.sock = self.connect()
        else:
            client = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=20)
        client.request(method, path, body=body, headers={"Host": NAME, **(headers or {})})
        answer = client.getresponse()
        content = answer.read()
        client.close()
        return answer.status, answer.headers, content


def _nginx_conf(folder: Path, front: Front, web_ports: WebPorts, *, caching: bool) -> str:
    """The shipped file, with our ports, a certificate of this test, and folders of its own."""
    text = NGINX_CONF.read_text("utf-8")
    text = with_caching(text) if caching else text
    changes = {
        "server 127.0.0.1:8000 ": f"server 127.0.0.1:{web_ports[0]} ",
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{web_ports[1]} ",
        "listen 80;": f"listen 127.0.0.1:{front.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{front.port} ssl http2;",
        "/etc/nginx/certificate.pem": str(folder / "certificate.pem"),
        "/etc/nginx/key.pem": str(folder / "key.pem"),
        "/var/log/nginx/access.log": "access.log",
        "root /srv/waitroom;": f"root {folder / 'static'};",
        "proxy_cache_path /var/cache/nginx/waitroom ": "proxy_cache_path cache ",
    }
    own = "\n".join(
        f"    {kind}_temp_path {kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    changes["http {\n"] = f"http {{\n{own}\n"
    return "pid nginx.pid;\n" + replaced(text, changes)


def _caddyfile(folder: Path, front: Front, web_ports: WebPorts) -> str:
    """The shipped file likewise. Debian's machines have no DNS name that has an address for each
    `web`: the addresses are named instead.
    """
    ports = f"http_port {front.plain}\n\thttps_port {front.port}"
    changes = {
        "{\n\t# Errors": f"{{\n\tadmin off\n\tdefault_sni {NAME}\n\t{ports}\n\t# Errors",
        "{$SITE_ADDRESS::80} {\n": "https:// {\n\ttls certificate.pem key.pem\n",
        "root * /srv/waitroom": f"root * {folder / 'static'}",
        "dynamic a web 8000 {\n\t\t\t\trefresh 2s\n\t\t\t}": "to "
        + " ".join(f"127.0.0.1:{port}" for port in web_ports),
    }
    return replaced(CADDYFILE.read_text("utf-8"), changes)


@contextmanager
def in_front_of(
    front: Front, web_ports: WebPorts, *, proxy: str = "nginx", caching: bool = False
) -> Iterator[None]:
    """Run this proxy on the front's ports. caching: with the optional lines of nginx.conf."""
    with tempfile.TemporaryDirectory(prefix=f"waitroom-{proxy}-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
        made += [f"/CN={NAME}", "-keyout", "key.pem", "-out", "certificate.pem"]
        subprocess.run(["openssl", *made], cwd=folder, check=True, capture_output=True)
        (folder / "key.pem").chmod(0o644)  # of a test; nginx runs as another user
        export_static_files(folder / "static")
        with _PROXIES[proxy](folder, front, web_ports, caching):
            yield


def _with_nginx(
    folder: Path, front: Front, web_ports: WebPorts, caching: bool
) -> AbstractContextManager[None]:
    front.log = folder / "nginx" / "access.log"
    front.errors = folder / "nginx" / "error.log"
    return nginx(folder, _nginx_conf(folder, front, web_ports, caching=caching), front.port)


def _with_caddy(
    folder: Path, front: Front, web_ports: WebPorts, caching: bool
) -> AbstractContextManager[None]:
    assert not caching, "Caddy has no cache"
    front.errors = folder / "output.log"
    return caddy(folder, _caddyfile(folder, front, web_ports), front.port)


_PROXIES: dict[str, Callable[[Path, Front, WebPorts, bool], AbstractContextManager[None]]] = {
    "nginx": _with_nginx,
    "caddy": _with_caddy,
}
