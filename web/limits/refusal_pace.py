"""RefusalPace: limits the refusals that a process answers per second by delaying the others.

A client that retries at once would keep a process busy with refusals. A delayed answer slows the
client down, and costs almost nothing meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PER_S = 400.0
# So many are answered before any is delayed, so that an occasional refusal never is.
BURST = 20
HELD_MIN_S, HELD_MAX_S = 0.001, 2.0


class RefusalPace:
    """One per process. clock: monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() - BURST / PER_S

    def wait_s(self) -> float:
        """Seconds to delay this refusal; 0 to answer it now."""
        now = self._clock()
        self._due = max(self._due, now - BURST / PER_S) + 1 / PER_S
        # A longer delay could exceed the answer's own `retry_after_s`.
        self._due = min(self._due, now + HELD_MAX_S)
        wait_s = self._due - now
        return wait_s if wait_s >= HELD_MIN_S else 0.0
