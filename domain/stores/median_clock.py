"""MedianClock: the middle one of this host's clock and those of the stores.

So a single wrong clock decides nothing: neither a host's that is minutes off, nor a store's that
was set. For times that others wrote by clocks of their own, such as a shop's member tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from domain.stores.remote_clock import RemoteClock

# A clock that was set counts for this long; comparing at each call would cost as much as the rest.
COMPARE_EVERY_S = 1.0


class MedianClock:
    """Of two readings the store's; this host's time until a store is measured.

    stores: their clocks. host, monotonic: as in RemoteClock.
    """

    def __init__(
        self,
        stores: Sequence[RemoteClock],
        *,
        host: Callable[[], float] = lambda: time.time(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores = stores
        self._host = host
        self._monotonic = monotonic
        self._offset_s = 0.0
        self._compare_at_s = float("-inf")

    def now_s(self) -> float:
        """Seconds since 1970."""
        at_s = self._monotonic()
        if at_s >= self._compare_at_s:
            measured = [clock.now_s() for clock in self._stores if clock.is_measured]
            self._offset_s = self._choose(measured) - at_s
            if len(measured) == len(self._stores):
                self._compare_at_s = at_s + COMPARE_EVERY_S
        return at_s + self._offset_s

    def _choose(self, measured: Sequence[float]) -> float:
        if len(measured) == 1:
            return measured[0]
        readings = sorted([self._host(), *measured])
        return readings[len(readings) // 2]
