"""Postgres standby: Debian's primary and standby behind its HAProxy, with the file of deploy/."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

from processes.child_process import free_port
from tests.postgres_pair import PostgresPair
from tests.proxy_files import HAPROXY_POSTGRES, replaced
from tests.witnesses.packages import POSTGRES_PROGRAMS
from tests.witnesses.servers import debian_postgres, debian_standby, haproxy

CHECK_WITHIN_S = 1


@dataclass(frozen=True, slots=True)
class DebianServer:
    """A Postgres of `debian_postgres`, as `PostgresPair` needs it. folder: its home."""

    url: str
    port: int
    folder: Path

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().partition("\n")[0])


@contextmanager
def open_debian_pair() -> Iterator[PostgresPair]:
    """A pair whose `url` leads through HAProxy."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waitroom-pair-")))
        folder.chmod(0o755)  # for the user as whom the servers run
        primary = _server(
            stack.enter_context(debian_postgres(folder, POSTGRES_PROGRAMS)), folder / "postgres"
        )
        standby = _server(
            stack.enter_context(debian_standby(folder, POSTGRES_PROGRAMS, primary.port)),
            folder / "standby",
        )
        checks = [stack.enter_context(_answer_as_patroni(one.url)) for one in (primary, standby)]
        port = free_port()
        text = _config(port, (primary.port, standby.port), checks)
        stack.enter_context(haproxy(folder, text, port))
        yield PostgresPair(primary, standby, url=f"postgresql://postgres@127.0.0.1:{port}/postgres")


def _server(url: str, folder: Path) -> DebianServer:
    return DebianServer(url, int(url.rpartition(":")[2].partition("/")[0]), folder)


def _config(port: int, servers: tuple[int, int], checks: list[int]) -> str:
    """The shipped file with our ports."""
    changes = {
        "bind :5432": f"bind 127.0.0.1:{port}",
        "db1:5432 check port 8008": f"127.0.0.1:{servers[0]} check port {checks[0]}",
        "db2:5432 check port 8008": f"127.0.0.1:{servers[1]} check port {checks[1]}",
    }
    return replaced(HAPROXY_POSTGRES.read_text("utf-8"), changes)


@contextmanager
def _answer_as_patroni(url: str) -> Iterator[int]:
    """Answer GET /primary with 200 while this server is the primary; the port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/primary" and _is_primary(url) else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """HAProxy asks every second."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _is_primary(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=CHECK_WITHIN_S) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    except psycopg.Error:
        return False
