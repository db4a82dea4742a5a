"""Signals: which ones came, for loops that look; a handler notes its signal and raises nothing.

An exception raised by a handler appears wherever Python happens to be, and may be swallowed there,
in a weakref's callback for one. `threading.Event` can't be set by one either: whoever waits for it
may hold its lock.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType


class Ended(Exception):
    """Whoever runs this has told it to end; what it holds is given back on the way out."""


class Signals:
    """Notes these signals from now on. Made in the main thread."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._came: set[int] = set()
        self._wakes, self._wake = os.pipe()
        os.set_blocking(self._wakes, False)
        os.set_blocking(self._wake, False)
        for number in numbers:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.add(number)
        with suppress(BlockingIOError):  # it is full: whoever waits is awake
            os.write(self._wake, b"\0")

    def came(self, *numbers: signal.Signals) -> bool:
        """Whether one of these has come since it was last forgotten."""
        return not self._came.isdisjoint(numbers)

    def raise_if_ended(self) -> None:
        """Raises Ended where SIGTERM or SIGINT has come: called where it is safe to stop."""
        if self.came(signal.SIGTERM, signal.SIGINT):
            raise Ended

    def forget(self, number: signal.Signals) -> None:
        self._came.discard(number)

    def wait(self, seconds: float) -> None:
        """Rest so long, or until a signal comes."""
        if select.select([self._wakes], [], [], max(0.0, seconds))[0]:
            os.read(self._wakes, 65_536)
