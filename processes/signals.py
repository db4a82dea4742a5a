"""Signals: handlers that only record their signal, for loops that check.

An exception from a handler is raised at an arbitrary point of the code, which may swallow it, such
as a weakref callback. A handler can't set a `threading.Event` either: a waiting thread may hold its
lock.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType


class Ended(Exception):
    """SIGTERM or SIGINT came; raised at a safe point, so that context managers clean up."""


class Signals:
    """Records these signals from now on. Create it in the main thread."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._came: set[int] = set()
        self._wakes, self._wake = os.pipe()
        os.set_blocking(self._wakes, False)
        os.set_blocking(self._wake, False)
        for number in numbers:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.add(number)
        with suppress(BlockingIOError):  # the pipe is full, so `wait` returns anyway
            os.write(self._wake, b"\0")

    def came(self, *numbers: signal.Signals) -> bool:
        """Whether one of these has come since the last `forget`."""
        return not self._came.isdisjoint(numbers)

    def raise_if_ended(self) -> None:
        """Raises Ended after SIGTERM or SIGINT. Call it where it is safe to stop."""
        if self.came(signal.SIGTERM, signal.SIGINT):
            raise Ended

    def forget(self, number: signal.Signals) -> None:
        self._came.discard(number)

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`, or until a signal comes."""
        if select.select([self._wakes], [], [], max(0.0, seconds))[0]:
            os.read(self._wakes, 65_536)
