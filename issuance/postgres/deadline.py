"""Deadline: ends the wait for a Postgres that stays silent, where whoever waits notices it.

No signal handler is needed: one would raise into whatever runs. The connection's socket is shut
down, and the driver, which waits for it, raises an OperationalError.
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
    """Cut `connection` off where this is not left within so many seconds; None: never."""
    if within_s is None:
        yield
        return
    # A descriptor of our own: the number can't become another connection's meanwhile.
    ours = socket.socket(fileno=os.dup(connection.pgconn.socket))

    def cut() -> None:
        with suppress(OSError):  # it was closed already
            ours.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(within_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        ours.close()
