"""Server: how an ASGI application is served: one process a core, stopped by SIGTERM.

Granian was chosen by measurement (docs/performance.md): reading and writing HTTP in Rust leaves
Python to what a request asks for.
"""

from __future__ import annotations

import os
import signal
import sys

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from cli.embedded.child import PR_SET_PDEATHSIG, linux_prctl
from cli.rolling import RollingServer

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


def run_server(
    target: str,
    *,
    host: str,
    port: int,
    processes: int,
    headers_within_ms: int = HEADERS_WITHIN_MS,
) -> None:
    """Serve what the factory `module:function` makes, until SIGTERM or SIGINT.

    headers_within_ms: for the headers of a request, from the end of the one before. The factory is
    called in each process, and ought to call `end_with_parent`. SIGHUP replaces the processes in
    turn.
    """
    RollingServer(
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
    ).serve()


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
