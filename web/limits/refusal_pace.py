"""Refusal pace: how many refusals a process answers in a second, and how long the others wait.

A client that asks again as soon as it is refused keeps a process busy with refusing. Held back, it
asks no faster than it is answered, and costs next to nothing meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PER_S = 400.0
# So many are answered at once before any waits: who is refused now and then never does.
BURST = 20
HELD_MIN_S, HELD_MAX_S = 0.001, 2.0


class RefusalPace:
    """For one process. clock: seconds of a clock that only goes forward."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() - BURST / PER_S

    def wait_s(self) -> float:
        """How long to hold this refusal back; 0: answer it now."""
        now = self._clock()
        self._due = max(self._due, now - BURST / PER_S) + 1 / PER_S
        # A longer queue would hold who is refused for longer than they are told to wait.
        self._due = min(self._due, now + HELD_MAX_S)
        wait_s = self._due - now
        return wait_s if wait_s >= HELD_MIN_S else 0.0
