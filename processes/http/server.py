"""Server: serves an ASGI application with Granian in several processes; drains, stops, reloads.

Granian was chosen by measurement (docs/performance.md): it reads and writes HTTP in Rust.

- SIGTERM drains: the load balancer's probe fails for a while, then the processes stop.
- SIGINT, or a second SIGTERM, stops them at once.
- SIGHUP replaces each process by a new one.

A stopping process closes its port, finishes its open requests, and ends its streams.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from processes.child_process import PR_SET_PDEATHSIG, linux_prctl

# Connections that the kernel queues before we accept them: a crowd arrives all at once.
BACKLOG = 4_096
# Open requests and streams of a process, beyond which connections wait. Far above the bound of
# streams, which count as long as they are open.
OPEN_MAX = 30_000
# The time limit for a request's headers, and for an idle connection.
HEADERS_WITHIN_MS = 30_000
# Longer headers get 431 (or 414 for a long URL). The server's buffer doubles as it grows, so up to
# twice as much may pass.
HEADERS_BYTES_MAX = 65_536
# On SIGHUP the old process stops this long after the start of the new one, which takes a second.
RELOAD_AFTER_S = 5.0
# Open requests get this long to finish, then their process is killed.
FINISH_WITHIN_S = 7


class Drain:
    """Whether this web command drains; a file tells its processes.

    seconds: from SIGTERM until the processes stop, so that load balancers notice.
    """

    def __init__(self, file: Path, seconds: float = 0.0) -> None:
        self._file = file
        self.seconds = seconds

    def begin(self) -> None:
        self._file.touch()

    def has_begun(self) -> bool:
        return self._file.exists()


def run_server(
    target: str,
    *,
    host: str,
    port: int,
    processes: int,
    headers_within_ms: int = HEADERS_WITHIN_MS,
    drain: Drain | None = None,
    may_reload: Callable[[], bool] = lambda: True,
) -> None:
    """Serve the application of the factory `module:function`, until SIGTERM or SIGINT.

    Each process calls the factory, which should call `end_with_parent`. headers_within_ms: time
    limit for a request's headers, from the end of the request before. drain: None stops at once on
    SIGTERM. may_reload: called on SIGHUP; False keeps the processes.
    """
    server = Granian(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=processes,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=headers_within_ms, max_buffer_size=HEADERS_BYTES_MAX
        ),
        websockets=False,
        loop=Loops.uvloop if sys.platform != "win32" else Loops.asyncio,
        backlog=BACKLOG,
        backpressure=OPEN_MAX,
        log_enabled=False,
        respawn_failed_workers=True,
        respawn_interval=RELOAD_AFTER_S,
        workers_kill_timeout=FINISH_WITHIN_S,
    )
    # Granian sets its handlers first; ours wrap them.
    server.on_startup(lambda: _handle_signals(drain, may_reload))
    server.serve()


def _handle_signals(drain: Drain | None, may_reload: Callable[[], bool]) -> None:
    if drain is not None:
        _drain_before(signal.SIGTERM, drain)
    if sys.platform != "win32":
        _check_before(signal.SIGHUP, may_reload)


def _drain_before(number: signal.Signals, drain: Drain) -> None:
    stop: Any = signal.getsignal(number)
    came = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if came.is_set():
            stop(number, frame)
            return
        came.set()
        threading.Thread(target=drain_then_stop, args=(number, frame), daemon=True).start()

    def drain_then_stop(number: int, frame: FrameType | None) -> None:
        drain.begin()
        time.sleep(drain.seconds)
        stop(number, frame)

    signal.signal(number, handle)


def _check_before(number: signal.Signals, may_reload: Callable[[], bool]) -> None:
    reload: Any = signal.getsignal(number)

    def check_then_reload(number: int, frame: FrameType | None) -> None:
        if may_reload():
            reload(number, frame)

    def handle(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=check_then_reload, args=(number, frame), daemon=True).start()

    signal.signal(number, handle)


def call_on_stop(call: Callable[[], None]) -> None:
    """In a server's process: call this on the running loop when the process must stop.

    Granian waits for all open responses, and a stream would never end by itself.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _both(lambda: loop.call_soon_threadsafe(call), number))


def _both(first: Callable[[], object], number: signal.Signals) -> Callable[..., None]:
    """A handler that calls `first`, then the present handler, which is the loop's."""
    second: Any = signal.getsignal(number)

    def handle(number: int, frame: FrameType | None) -> None:
        first()
        second(number, frame)

    return handle


def end_with_parent() -> None:
    """On Linux, end this process when its parent is killed: an orphan would keep the port."""
    parent, prctl = os.getppid(), linux_prctl()
    if prctl is None:
        return
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before prctl
        os.kill(os.getpid(), signal.SIGKILL)
