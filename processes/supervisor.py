"""Keeps child processes running, and ends them all together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from processes.child_process import spawn, stop
from processes.signals import Ended, Signals

log = structlog.get_logger(__name__)

ENDING = (signal.SIGTERM, signal.SIGINT)
LOOK_EVERY_S = 0.2
# Longer than a batch may take: a worker finishes what it holds.
GRACE_S = 35.0
# In which the one that took a place is there, and the next one may go.
REPLACE_APART_S = 2.0
RESTART_MIN_S = 0.5
RESTART_MAX_S = 10.0
# How a process says that its settings or arguments are wrong: starting it again won't help.
EXIT_BAD_SETTINGS = 2


@dataclass(slots=True)
class Child:
    """A process to keep running; its output is ours unless it has a log."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    start_at: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)

    def start(self) -> None:
        self.process = spawn(self.argv, env=self.env, log=self.log)


def supervise(
    children: Sequence[Child],
    *,
    started: Callable[[], None] | None = None,
    rolling: bool = False,
    signals: Signals | None = None,
) -> int:
    """Run until SIGTERM or SIGINT, or until one ends for bad settings; the exit code.

    Whoever dies is started again, after a rest that grows. `started` is called once all run. With
    `rolling`, SIGHUP replaces them in turn. signals: that note SIGTERM and SIGINT already.
    """
    noted = (*ENDING, signal.SIGHUP) if rolling else ENDING
    signals = signals or Signals(*noted)
    try:
        for child in children:
            child.start()
        if started is not None:
            started()
        while not signals.came(*ENDING):
            signals.wait(LOOK_EVERY_S)
            for child in children:
                if _check_child(child) == EXIT_BAD_SETTINGS:
                    return EXIT_BAD_SETTINGS
            if signals.came(signal.SIGHUP):
                signals.forget(signal.SIGHUP)
                _replace_in_turn(children, signals)
        return 0
    except Ended:
        return 0
    finally:
        stop_all(children)


def _replace_in_turn(children: Sequence[Child], signals: Signals) -> None:
    """Each finishes what it holds, and another takes its place before the next one has to go."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            stop(child.process, signal=signal.SIGTERM, grace_s=GRACE_S)
            child.start()
            log.info("a process was replaced", name=child.name)
        until = time.monotonic() + REPLACE_APART_S
        while time.monotonic() < until and not signals.came(*ENDING):
            signals.wait(until - time.monotonic())
        if signals.came(*ENDING):
            return


def stop_all(children: Sequence[Child]) -> None:
    """SIGTERM to all at once, then wait for each; who does not end in time is killed."""
    running = [c.process for c in children if c.process and c.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        stop(process, signal=signal.SIGTERM, grace_s=GRACE_S)


def _check_child(child: Child) -> int | None:
    """Start it again where it has died and its rest is over; its exit code where it has died."""
    now = time.monotonic()
    if child.process is None:
        if now >= child.start_at:
            child.start()
        return None
    code = child.process.poll()
    if code is None or code == EXIT_BAD_SETTINGS:
        return code
    rest_s = min(RESTART_MIN_S * 2**child.failures, RESTART_MAX_S)
    log.warning("a process ended; starting it again", name=child.name, code=code, rest_s=rest_s)
    child.failures += 1
    child.process, child.start_at = None, now + rest_s
    return code


def environment(**changes: str) -> dict[str, str]:
    """Our environment with `changes`, for a child."""
    return {**os.environ, **changes}
