"""Nursery: starts the product's commands by forking, and ends them all when its owner is gone.

Importing the product costs a process more than all that it does in most tests. So one process
imports it once, and each command is a fork of that which enters by the product's own door,
`cli.main`. The owner asks through a socket; when that closes, for whatever reason, everything is
killed, also what was stopped.
"""

from __future__ import annotations

import asyncio
import atexit
import faulthandler
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from cli.main import run
from load.bench.process_usage import family
from processes.child_process import PR_SET_PDEATHSIG, linux_prctl
from tests.faults import skewed_clock
from tests.off_clock import begin_as_told

LOOK_EVERY_S = 0.02
# Makes a command write the stacks of its threads and tasks to its log.
STACKS_SIGNAL = signal.SIGUSR1
ROOT = Path(__file__).parent.parent.parent


class Nursery:
    """A process of its own, as what a fork copies may hold no threads and no event loop.

    forked: nor does this process, and it has called `import_commands`: it is forked itself.
    """

    def __init__(self, *, forked: bool = False) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._until_ended = self._fork(theirs) if forked else _started(theirs).wait
        self._asking = threading.Lock()
        self._lines = self._socket.makefile("r")

    def start(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        *,
        errors: Path | None = None,
        given: Path | None = None,
    ) -> Child:
        """`waitroom WORDS` as a process, what it prints appended to `log`.

        errors: where to append standard error, if not there. given: its standard input, if any.
        """
        files = [str(given or os.devnull), str(log), str(errors or log)]
        return Child(self, self._ask(["start", list(words), dict(environ), files]), words)

    def code(self, pid: int) -> int | None:
        """As Popen's: None while it runs, negative for a signal."""
        code: int | None = self._ask(["code", pid])
        return code

    def close(self) -> None:
        self._socket.close()
        self._lines.close()
        self._until_ended()

    def _fork(self, theirs: socket.socket) -> Callable[[], object]:
        pid = os.fork()
        if pid == 0:
            self._socket.close()  # or it would never see that we have closed ours
            serve(theirs)
        return partial(os.waitpid, pid, 0)

    def _ask(self, asked: Any) -> Any:
        with self._asking:
            self._socket.sendall(json.dumps(asked).encode() + b"\n")
            return json.loads(self._lines.readline())


class Child:
    """One of the nursery's, with what is needed of Popen's interface."""

    def __init__(self, nursery: Nursery, pid: int, words: Sequence[str]) -> None:
        self.pid = pid
        self.args = words
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.code(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (3_600 if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            time.sleep(LOOK_EVERY_S)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@functools.cache
def shared_nursery() -> Nursery:
    """One for all tests of this process, which closes it as it ends."""
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery


def import_commands() -> None:
    """What the commands import only once they run: here, and so once for all of them."""
    for name in ("processes.admitter", "cli.reconcile", "processes.web", "processes.worker"):
        importlib.import_module(name)


def _started(theirs: socket.socket) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "tests.nursery", str(theirs.fileno())]
    return subprocess.Popen(argv, cwd=ROOT, pass_fds=[theirs.fileno()])


def serve(owner: socket.socket) -> NoReturn:
    """The nursery's whole life; does not return."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # its owner's word counts
    codes: dict[int, int | None] = {}
    gc.freeze()  # what a fork never looks at it need not copy
    with suppress(OSError, ValueError), owner.makefile("r") as lines:
        for line in lines:
            what, first, *rest = json.loads(line)
            if what == "start":
                pid = os.fork()
                if pid == 0:
                    owner.close()
                    _become(first, *rest)
                codes[pid] = None
                answer: int | None = pid
            else:
                _reap(codes)
                answer = codes[first]
            owner.sendall(json.dumps(answer).encode() + b"\n")
    _reap(codes)
    for pid in [pid for pid, code in codes.items() if code is None]:
        for one in family(pid):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        os.waitpid(pid, 0)
    os._exit(0)


def _reap(codes: dict[int, int | None]) -> None:
    for pid in [pid for pid, code in codes.items() if code is None]:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            codes[pid] = os.waitstatus_to_exitcode(status)


def _become(words: list[str], environ: dict[str, str], files: list[str]) -> None:
    """Be the command, as a process that was started anew would be; does not return."""
    code = 1
    try:
        _leave_the_nursery(environ, files)
        begin_as_told(environ)
        if clock := environ.get(skewed_clock.VARIABLE):
            skewed_clock.follow(Path(clock))
        sys.argv = ["waitroom", *words]
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _leave_the_nursery(environ: dict[str, str], files: list[str]) -> None:
    os.setsid()
    if (prctl := linux_prctl()) is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
        os.dup2(os.open(file, flags, 0o600), number)
    signal.signal(STACKS_SIGNAL, _print_tasks)
    faulthandler.register(STACKS_SIGNAL, file=2, all_threads=True, chain=True)
    os.environ.clear()
    os.environ.update(environ)


def _print_tasks(_number: int, _frame: object) -> None:
    """Print the stack of each task of the main thread's event loop, if it runs one."""
    with suppress(RuntimeError):
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
