"""Postgres standby: Debian's primary and standby behind its HAProxy, with the file of deploy/."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import psycopg

from processes.child_process import free_port
from tests.house import eventually
from tests.postgres_pair import PostgresPair
from tests.proxy_files import HAPROXY_POSTGRES, replaced
from tests.witnesses.packages import POSTGRES_PROGRAMS
from tests.witnesses.servers import debian_postgres, debian_standby, haproxy

LOOK_EVERY_S = 0.3


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
        patronis = [stack.enter_context(Patroni(one.url)) for one in (primary, standby)]
        port = free_port()
        checks = [one.server_port for one in patronis]
        text = _config(port, (primary.port, standby.port), checks)
        stack.enter_context(haproxy(folder, text, port))
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        # HAProxy sends to both, in turn, until it has checked them.
        eventually(lambda: all(_is_primary(url) for _ in range(4)))
        yield PostgresPair(primary, standby, url=url)


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


class Patroni(ThreadingHTTPServer):
    """Answers GET /primary with 200 while this server is the primary, as last seen."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.is_primary = False
        self._url = url
        self._stop = threading.Event()
        self._loops = [threading.Thread(target=one) for one in (self._watch, self.serve_forever)]

    def handle_error(self, _request: object, _client: object) -> None:
        """Prints nothing: HAProxy resets a check's connection once it has the status."""

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            self.is_primary = _is_primary(self._url)

    def __enter__(self) -> Self:
        for thread in self._loops:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.shutdown()
        for thread in self._loops:
            thread.join()
        self.server_close()


class _Answer(BaseHTTPRequestHandler):
    server: Patroni

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/primary" and self.server.is_primary else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Prints nothing: HAProxy asks every second."""


def _is_primary(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    except psycopg.Error:
        return False
