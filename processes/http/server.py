"""Server: an ASGI application served by Granian, one process a core; how it drains, stops, reloads.

Granian was chosen by measurement (docs/performance.md): reading and writing HTTP in Rust leaves
Python to what a request asks for.

- SIGTERM drains: the load balancer's probe fails for a while, then the processes stop.
- SIGINT, or a second SIGTERM, stops them at once.
- SIGHUP replaces each process by a new one.

A process that stops closes its port, finishes the requests it has begun, and ends its streams.
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

# Connections that the kernel may hold before we take them: a crowd comes all at once.
BACKLOG = 4_096
# Requests and streams open at once in a process, beyond which connections wait to be taken. A
# stream holds its place as long as it is open, so the bound is far above that of streams.
OPEN_MAX = 30_000
# For the whole of a request's headers; also after which a connection that asks no more is let go.
HEADERS_WITHIN_MS = 30_000
# Of one connection, before it is answered 431 (or 414, where the address is the long part): the
# server's buffer grows by doubling, so up to twice as much may pass.
HEADERS_BYTES_MAX = 65_536
# On SIGHUP the old process stops so long after the new one was started, which takes a second.
RELOAD_AFTER_S = 5.0
# Open requests get so long to finish, then their process is killed.
FINISH_WITHIN_S = 7


class Drain:
    """Whether this web command takes no more visitors; its processes see it by a file.

    seconds: from SIGTERM until the processes stop, for load balancers to notice.
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
    """Serve what the factory `module:function` makes, until SIGTERM or SIGINT.

    headers_within_ms: for the headers of a request, from the end of the one before. The factory is
    called in each process, and ought to call `end_with_parent`. drain: None stops at once on
    SIGTERM too. may_reload: False keeps the processes as they are on SIGHUP.
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
    # Granian sets its handlers first; ours come before them.
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
    """In a server's process: call this on the running loop when the process is told to stop.

    Granian then waits for all open answers, and a stream would never end by itself.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _both(lambda: loop.call_soon_threadsafe(call), number))


def _both(first: Callable[[], object], number: signal.Signals) -> Callable[..., None]:
    """A handler that calls `first` and then the one that is set now, which is the loop's."""
    second: Any = signal.getsignal(number)

    def handle(number: int, frame: FrameType | None) -> None:
        first()
        second(number, frame)

    return handle


def end_with_parent() -> None:
    """Let this process end when the one that started it is killed; on Linux alone.

    Its port would stay taken by somebody whom nobody can stop any more.
    """
    parent, prctl = os.getppid(), linux_prctl()
    if prctl is None:
        return
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)
