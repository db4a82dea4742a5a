"""Servers: starts the stores of a run, and connects to them through links."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from processes.embedded import EmbeddedServer, EmbeddedServerError

START_ATTEMPTS = 3


def start_server(server: EmbeddedServer) -> None:
    """Start a server, and retry: another process may take its port first."""
    for _ in range(START_ATTEMPTS - 1):
        with suppress(EmbeddedServerError):
            server.start()
            return
    server.start()


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
