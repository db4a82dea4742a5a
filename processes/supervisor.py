"""Supervisor: restarts child processes that end, and stops them all together."""

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
# Longer than a batch can take: a worker finishes a started batch.
GRACE_S = 35.0
# Time for a replacement to start, before the next process is replaced.
REPLACE_APART_S = 2.0
RESTART_MIN_S = 0.5
RESTART_MAX_S = 10.0
# The exit code for wrong settings or arguments: a restart would not help.
EXIT_BAD_SETTINGS = 2


@dataclass(slots=True)
class Child:
    """A process to keep running; it shares our output unless it has a log."""

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
    """Run until SIGTERM or SIGINT, or until a child exits for bad settings. Returns the exit code.

    A child that ends is restarted after a growing delay. started: called once all run. rolling:
    SIGHUP replaces the children in turn. signals: already records SIGTERM and SIGINT.
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
    """Replace each child, and give its replacement time to start before the next."""
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
    """Send SIGTERM to all, wait for each, and kill those that don't end in time."""
    running = [c.process for c in children if c.process and c.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        stop(process, signal=signal.SIGTERM, grace_s=GRACE_S)


def _check_child(child: Child) -> int | None:
    """Restart a dead child once its delay is over. Returns the exit code if it has just ended."""
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
