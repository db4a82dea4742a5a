"""Deadline: aborts a wait for Postgres by shutting the connection's socket down.

The waiting driver then raises an OperationalError at the call itself. A signal handler would raise
into arbitrary code.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg


@contextmanager
def close_after(connection: psycopg.Connection[Any], within_s: float | None) -> Iterator[None]:
    """Shut `connection` down if the block takes longer than `within_s`; None: never."""
    if within_s is None:
        yield
        return
    # A duplicate: if the driver closes its descriptor, the number may become another connection's.
    ours = socket.socket(fileno=os.dup(connection.pgconn.socket))

    def shut_down() -> None:
        with suppress(OSError):  # already closed
            ours.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(within_s, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        ours.close()
