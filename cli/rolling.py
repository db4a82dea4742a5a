"""Rolling: a server whose processes are replaced one by one, behind sockets that stay.

Granian gives each process a socket of its own, made in it. Here the command makes them, one for
each process, and hands the same one on to the process that takes another's place: whoever connects
meanwhile waits for it in the kernel, and is not reset with the old one. Written against Granian
2.8's `server/common.py` and `server/mp.py`.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import structlog
from granian import _signals
from granian._granian import ListenerSpec
from granian.server.mp import MPServer
from starlette.types import ASGIApp

from cli.draining import DRAIN_S, SHUT, TAKE_REST_S, Drain
from cli.listening import close_to_all, let_in_no_more

log = structlog.get_logger(__name__)

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
# Open answers get so long, once nobody is let in any more and idle connections are closed.
FINISH_WITHIN_S = 5
STOP_WITHIN_S = int(DRAIN_S) + FINISH_WITHIN_S
# After those who were at the door are taken; before the next try of who was not let in.
CLOSE_AFTER_S = 4 * TAKE_REST_S


class RollingServer(MPServer):
    """Serves until SIGTERM or SIGINT. SIGHUP replaces each process by a new one, in turn."""

    def __init__(self, target: str, **more: Any) -> None:
        super().__init__(target, workers_kill_timeout=STOP_WITHIN_S, **more)
        self._sockets: list[tuple[Any, socket.socket]] = []
        self._wires: dict[int, Connection] = {}

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        if all(self._becomes_ready(index) for index in range(self.workers)):
            log.info("serving", port=self.bind_port, processes=self.workers)

    def _init_shared_socket(self) -> None:
        super()._init_shared_socket()  # type: ignore[no-untyped-call]
        if sys.platform == "linux":
            spec = ListenerSpec(self.bind_addr, self.bind_port, self.backlog)
            for _ in range(self.workers):
                holder = spec.build()
                self._sockets.append((holder, socket.socket(fileno=holder.get_fd())))

    def _spawn_worker(  # type: ignore[override]
        self, idx: int, target: Any, callback_loader: Any
    ) -> Any:
        fd = None
        if self._sockets:
            self._ssp = None
            self._shd, self._sso = self._sockets[idx]
            fd = self._sso.fileno()
        self._wires[idx], wire = Pipe()
        loader = partial(_load, callback_loader, Drain(self.bind_port, fd, wire))
        return super()._spawn_worker(idx, target, loader)

    def _becomes_ready(self, idx: int) -> bool:
        """Whether this process makes its application; False where it ends, or we are to."""
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and not self.interrupt_signal:
            if self._wires[idx].poll(LOOK_EVERY_S):
                try:
                    return bool(self._wires[idx].recv_bytes())
                except EOFError:
                    return False
        return False

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        """In place of Granian's, which waits for `delay` and not for the new one."""
        del delay
        for index in workers:
            if self.interrupt_signal:
                return
            self.respawned_wrks[index] = time.monotonic()
            self._replace(index, spawn_target, target_loader)

    def _replace(self, index: int, spawn_target: Any, target_loader: Any) -> None:
        """The old one ends only once the new one is there: it may not come to be."""
        old: Any = self.wrks[index]
        wire_of_old = self._wires[index]
        new: Any = self._spawn_worker(index, spawn_target, target_loader)
        new.inner.start()
        if not self._becomes_ready(index) and old.is_alive():
            log.error("a web process could not be replaced; the old one stays", process=index + 1)
            new.inner.kill()
            new.inner.join()
            self._wires[index] = wire_of_old
            return
        new._watch()
        self.wrks[index] = new
        old.terminate()
        old.join(self.workers_kill_timeout)
        if old.is_alive():
            old.kill()
            old.join()
        log.info("a web process was replaced", process=index + 1)

    def _drop_shared_socket(self) -> None:
        """Not yet: who is at the door is still to be taken."""

    def _stop_workers(self) -> None:
        for index, (_, one) in enumerate(self._sockets):
            if not let_in_no_more(one):
                # Its process shuts it as soon as it takes no more: so a reset is for those of one
                # moment, not of all the time until we close.
                with suppress(OSError):
                    self._wires[index].send_bytes(SHUT)
        closing = threading.Timer(CLOSE_AFTER_S, self._close)
        closing.start()
        super()._stop_workers()  # type: ignore[no-untyped-call]
        closing.cancel()
        self._close()

    def _close(self) -> None:
        for _, one in self._sockets:
            close_to_all(one)


def _load(load: Callable[[], ASGIApp], drain: Drain) -> ASGIApp:
    """In the new process: its application, which drains before the server ends."""
    app = drain.around(load())
    _signals.set_loop_signals = drain.listen_for_signals
    with suppress(BrokenPipeError):  # nobody waits for it
        drain.wire.send_bytes(b"ready")
    return app
