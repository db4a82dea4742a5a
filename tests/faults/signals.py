"""Signals: sends signals to processes that may have ended."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from load.bench.process_usage import family


def kill_family(pid: int) -> None:
    """SIGKILL the process and its descendants; stops it first, so that it starts no more."""
    send(pid, signal.SIGSTOP)
    for one in family(pid):
        send(one, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
